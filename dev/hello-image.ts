/** The image of examples/01-hello: Debian's static busybox serving one page. Built here, since it must need no registry. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildImageTar } from "../runtime-shim/index.ts"

export const helloReference = "miren.local/hello:v1"

const page = `<!doctype html>
<title>Miren</title>
<h1>Hello from a sandbox</h1>
<p>This page is served by busybox inside a sandbox that Miren made from examples/01-hello/hello.yaml.</p>
`

/** Applets that a person who looks around in the sandbox will type. */
const applets = [
  "sh",
  "httpd",
  "ls",
  "cat",
  "echo",
  "dmesg",
  "uname",
  "ps",
  "sleep",
  "id",
  "env",
  "ip",
  "hostname",
]

/** Writes the image into `<dataDir>/images`, from where the runner imports it. Returns the file. */
export const writeHelloImage = (dataDir: string): string | undefined => {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path))
  if (busybox === undefined) return undefined
  const directory = join(dataDir, "images")
  mkdirSync(directory, { recursive: true })
  const file = join(directory, "hello.tar")
  const links = applets.map((applet) => [`bin/${applet}`, { type: "symlink", target: "busybox" }] as const)
  const tar = buildImageTar({
    reference: helloReference,
    files: {
      "bin/busybox": { content: readFileSync(busybox), mode: 0o755 },
      ...Object.fromEntries(links),
      "www/index.html": { content: page, mode: 0o644 },
      "etc/passwd": { content: "root:x:0:0:root:/:/bin/sh\n", mode: 0o644 },
    },
    config: {
      entrypoint: ["/bin/busybox", "httpd"],
      cmd: ["-f", "-v", "-p", "8080", "-h", "/www"],
      env: ["PATH=/bin"],
      workingDir: "/",
    },
  })
  writeFileSync(file, tar)
  return file
}
