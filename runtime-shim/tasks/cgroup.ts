/** The cgroup of one sandbox, in every hierarchy that has it: v1's controllers, or v2's one tree. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import type { RuntimeInfo, SandboxId } from "../sandbox-runtime.ts"

const ROOT = "/sys/fs/cgroup"

export const cgroupVersion = (): RuntimeInfo["cgroup"] => {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return "v2"
  return existsSync(join(ROOT, "memory")) ? "v1" : "none"
}

export const cgroupPath = (id: SandboxId): string => `/miren/${id}`

const directoriesAt = (path: string): ReadonlyArray<string> => {
  const hierarchies =
    cgroupVersion() === "v1" ? readdirSync(ROOT).map((controller) => join(ROOT, controller)) : [ROOT]
  return hierarchies.map((hierarchy) => join(hierarchy, path)).filter((directory) => existsSync(directory))
}

const directoriesOf = (id: SandboxId): ReadonlyArray<string> => directoriesAt(cgroupPath(id))

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** How many processes of the sandbox the kernel has killed for want of memory. */
export const oomKills = (id: SandboxId): number => {
  const files = [
    join(ROOT, "memory", cgroupPath(id), "memory.oom_control"),
    join(ROOT, cgroupPath(id), "memory.events"),
  ]
  const counts = files.map((file) => /^oom_kill (\d+)$/m.exec(read(file))?.[1])
  return Number(counts.find((count) => count !== undefined) ?? 0)
}

export const pidsIn = (id: SandboxId): ReadonlyArray<number> => {
  const pids = directoriesOf(id).flatMap((directory) =>
    read(join(directory, "cgroup.procs")).split("\n").filter(Boolean).map(Number),
  )
  return [...new Set(pids)]
}

const removeEmptied = (directories: ReadonlyArray<string>): void => {
  for (const directory of directories) {
    try {
      rmdirSync(directory)
    } catch {
      // Something is still in it; the next removal takes it.
    }
  }
}

/** Removes an emptied cgroup: one that is left keeps its limits for the next that has its name. */
export const removeCgroup = (id: SandboxId): void => removeEmptied(directoriesOf(id))

/** Removes the cgroup above all sandboxes, unless another installation has one in it. */
export const removeCgroupRoot = (): void => removeEmptied(directoriesAt("/miren"))
