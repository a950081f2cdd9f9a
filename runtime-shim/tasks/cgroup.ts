/**
 * The cgroup of one sandbox, `/miren/<installation>/<sandbox>`, in every hierarchy that has it: v1's controllers, or v2's
 * one tree.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import type { Installation } from "../installation.ts"
import type { RuntimeInfo, SandboxId } from "../sandbox-runtime.ts"

const ROOT = "/sys/fs/cgroup"

export const cgroupVersion = (): RuntimeInfo["cgroup"] => {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return "v2"
  return existsSync(join(ROOT, "memory")) ? "v1" : "none"
}

export const cgroupPath = ({ id }: Installation, sandbox: SandboxId): string => `/miren/${id}/${sandbox}`

/** Where a cgroup is mounted, once for each hierarchy. */
const directoriesAt = (path: string): ReadonlyArray<string> => {
  const hierarchies =
    cgroupVersion() === "v1" ? readdirSync(ROOT).map((controller) => join(ROOT, controller)) : [ROOT]
  return hierarchies.map((hierarchy) => join(hierarchy, path)).filter((directory) => existsSync(directory))
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** How many processes of the sandbox the kernel has killed for want of memory. */
export const oomKills = (cgroup: string): number => {
  const files = [join(ROOT, "memory", cgroup, "memory.oom_control"), join(ROOT, cgroup, "memory.events")]
  const counts = files.map((file) => /^oom_kill (\d+)$/m.exec(read(file))?.[1])
  return Number(counts.find((count) => count !== undefined) ?? 0)
}

export const pidsIn = (cgroup: string): ReadonlyArray<number> => {
  const pids = directoriesAt(cgroup).flatMap((directory) =>
    read(join(directory, "cgroup.procs")).split("\n").filter(Boolean).map(Number),
  )
  return [...new Set(pids)]
}

const removeEmptied = (directories: ReadonlyArray<string>): void => {
  for (const directory of directories) {
    try {
      rmdirSync(directory)
    } catch {
      // Something is still in it.
    }
  }
}

/**
 * Removes an emptied cgroup: one that is left keeps its limits for the next that has its name.
 * False while a process is still in it.
 */
export const removeCgroup = (cgroup: string): boolean => {
  removeEmptied(directoriesAt(cgroup))
  return directoriesAt(cgroup).length === 0
}

/** Removes the cgroup above an installation's sandboxes, and the one above that unless another has one in it. */
export const removeCgroupRoot = ({ id }: Installation): void => {
  removeEmptied(directoriesAt(`/miren/${id}`))
  removeEmptied(directoriesAt("/miren"))
}

const counterIn = (text: string, name: string): number | undefined => {
  const found = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Processor time since the start, and memory that cannot simply be given back (without inactive files). */
export const cgroupUsage = (cgroup: string): { readonly cpuNanos: number; readonly memoryBytes: number } => {
  const at = (...parts: ReadonlyArray<string>) => read(join(ROOT, ...parts))
  const micros = counterIn(at(cgroup, "cpu.stat"), "usage_usec")
  const nanos = micros === undefined ? Number(at("cpuacct", cgroup, "cpuacct.usage")) : micros * 1000
  const used = Number(at(cgroup, "memory.current") || at("memory", cgroup, "memory.usage_in_bytes"))
  const inactive =
    counterIn(at(cgroup, "memory.stat"), "inactive_file") ??
    counterIn(at("memory", cgroup, "memory.stat"), "total_inactive_file") ??
    0
  return { cpuNanos: nanos, memoryBytes: Math.max(0, used - inactive) }
}
