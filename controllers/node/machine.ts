/** What the machine is, read once: processor, memory, kernel, ids. */
import { readFileSync } from "node:fs"
import { arch, cpus, hostname, release, totalmem } from "node:os"
import { Effect } from "effect"

export interface Machine {
  readonly hostname: string
  /** As Go names it: amd64, arm64. */
  readonly architecture: string
  readonly operatingSystem: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernelVersion: string
  readonly osImage: string
  readonly machineID: string
  readonly systemUUID: string
  readonly bootID: string
}

const goArchitectures: { readonly [nodeName: string]: string } = { x64: "amd64", ia32: "386", arm64: "arm64" }

/** "" where the machine does not tell. */
const readLine = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return ""
  }
}

const osImage = (): string => /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readLine("/etc/os-release"))?.[1] ?? ""

export const readMachine: Effect.Effect<Machine> = Effect.sync(() => ({
  hostname: hostname(),
  architecture: goArchitectures[arch()] ?? arch(),
  operatingSystem: "linux",
  cores: Math.max(1, cpus().length),
  memoryBytes: totalmem(),
  kernelVersion: release(),
  osImage: osImage(),
  machineID: readLine("/etc/machine-id"),
  systemUUID: readLine("/sys/class/dmi/id/product_uuid"),
  bootID: readLine("/proc/sys/kernel/random/boot_id"),
}))
