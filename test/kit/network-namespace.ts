/**
 * A network of one's own for processes that a test starts one by one: a netns, and a mount namespace with an empty `/run`
 * (so that nothing there meets the machine's, or another test's). Pids stay those of the machine.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

export interface NetworkNamespace {
  /** The command that runs `argv` inside, in the same working directory. */
  readonly enter: (argv: ReadonlyArray<string>) => ReadonlyArray<string>
  /** Ends what still runs inside; the namespaces go with it. */
  readonly remove: () => Promise<void>
}

const SCRIPT = [
  "set -e",
  "mount -t tmpfs -o mode=755 tmpfs /run",
  "ip link set lo up",
  "echo ready",
  // Ends with the test, since its stdin is the test's pipe.
  "exec cat",
].join("\n")

const ready = (holder: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    holder.stdout?.once("data", () => resolve())
    holder.once("error", reject)
    holder.once("exit", (code) => reject(new Error(`the namespace could not be made: exit code ${code}`)))
  })

const gone = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()))

const netnsOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

const parentOf = (pid: number): number => {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/**
 * Processes in the netns of `pid`, itself left out, and what descends from them: a sandbox has a netns of its own.
 * Only what was entered into it can be there.
 */
const companions = (pid: number): ReadonlyArray<number> => {
  const own = netnsOf(pid)
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const found = new Set(all.filter((other) => other !== pid && own !== undefined && netnsOf(other) === own))
  const parents = new Map(all.map((other) => [other, parentOf(other)]))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child)
  }
  return [...found]
}

/** Makes the namespaces. Needs root. */
export const makeNetworkNamespace = async (): Promise<NetworkNamespace> => {
  const holder = spawn("unshare", ["--net", "--mount", "/bin/sh", "-c", SCRIPT], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  await ready(holder)
  const { pid } = holder
  if (pid === undefined) throw new Error("the namespace has no process")
  const enter = (argv: ReadonlyArray<string>) => [
    "nsenter",
    "--target",
    String(pid),
    "--net",
    "--mount",
    `--wdns=${process.cwd()}`,
    "--",
    ...argv,
  ]
  const remove = async () => {
    for (const companion of companions(pid)) {
      try {
        process.kill(companion, "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
    holder.kill("SIGKILL")
    await gone(holder)
  }
  return { enter, remove }
}
