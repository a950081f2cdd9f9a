/** The image that tests of real sandboxes use: Debian's static busybox and its applets, as an OCI tar on disk. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildImageTar, type ImageConfig, type TarFile, writeTar } from "../../runtime-shim/index.ts"

export const TEST_IMAGE = "miren.test/busybox:1"

const APPLETS = [
  "cat",
  "dmesg",
  "echo",
  "env",
  "false",
  "hostname",
  "httpd",
  "id",
  "ip",
  "kill",
  "ls",
  "nc",
  "ps",
  "sh",
  "sleep",
  "stty",
  "tail",
  "true",
  "uname",
  "yes",
]

const busyboxPath = () => {
  const found = ["/usr/bin/busybox", "/bin/busybox"].find(existsSync)
  if (found === undefined) throw new Error("tests of real sandboxes need the Debian package busybox-static")
  return found
}

const applets = (): { readonly [path: string]: TarFile } =>
  Object.fromEntries(APPLETS.map((name) => [`bin/${name}`, { type: "symlink", target: "busybox" }] as const))

export interface TestImage {
  readonly reference?: string
  readonly files?: { readonly [path: string]: TarFile }
  readonly config?: ImageConfig
}

const filesOf = (more: { readonly [path: string]: TarFile }) => ({
  "bin/busybox": { content: readFileSync(busyboxPath()), mode: 0o755 },
  ...applets(),
  "etc/passwd": { content: "root:x:0:0:root:/:/bin/sh\nweb:x:1000:1001:web:/:/bin/sh\n" },
  "etc/group": { content: "root:x:0:\nweb:x:1001:\n" },
  tmp: { type: "directory", mode: 0o1777 } as const,
  "www/index.html": { content: "hello from a sandbox\n" },
  ...more,
})

export const testImageTar = ({ reference = TEST_IMAGE, files = {}, config = {} }: TestImage = {}): Buffer =>
  buildImageTar({
    reference,
    files: filesOf(files),
    config: { cmd: ["/bin/sh"], env: ["PATH=/bin", "FROM_IMAGE=yes"], ...config },
  })

/** The image's one layer by itself. */
export const testLayerTar = (): Buffer => writeTar(filesOf({}))

/** Writes the tar into a directory and gives its path. */
export const writeTestImage = (directory: string, image: TestImage = {}): string => {
  const path = join(directory, "image.tar")
  writeFileSync(path, testImageTar(image))
  return path
}
