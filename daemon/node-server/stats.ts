/**
 * What the sandboxes of this node use, and the node as a whole. Use of processor time is a rate, so it takes two looks: the
 * second one is taken a moment later, unless an earlier answer left one that is recent enough.
 */
import { readFile } from "node:fs/promises"
import { cpus } from "node:os"
import { Clock, Effect } from "effect"
import { newestFirst } from "../../controllers/index.ts"
import { SandboxRuntime, type TaskState } from "../../runtime-shim/index.ts"
import { limits } from "./limits.ts"
import { Refusal } from "./refusal.ts"

/** One use: by a sandbox, or by the node. */
interface Look {
  readonly cpuNanos: number
  readonly memoryBytes: number
}

interface SandboxLook extends Look {
  readonly namespace: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly startedAt: number
}

const nothing: Look = { cpuNanos: 0, memoryBytes: 0 }

interface Looks {
  readonly at: number
  readonly node: Look
  /** By the runtime's id. */
  readonly sandboxes: ReadonlyMap<string, SandboxLook>
}

export interface Usage {
  readonly cpuNanosPerSecond: number
  readonly memoryBytes: number
}

export interface NodeStats {
  /** Epoch milliseconds of the later look. */
  readonly timeMs: number
  readonly windowMs: number
  readonly node: Usage
  readonly sandboxes: ReadonlyArray<Usage & { readonly namespace: string; readonly name: string }>
}

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024

/** The machine's own count, in Node's milliseconds of each processor. */
const busyNanos = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1_000_000

const lookAtNode: Effect.Effect<Look> = Effect.promise(async () => {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "")
  const memoryBytes = Math.max(0, kilobytes(text, "MemTotal") - kilobytes(text, "MemAvailable"))
  return { cpuNanos: busyNanos(), memoryBytes }
})

const startedAtOf = (task: TaskState): number =>
  (task.state === "running" ? task.startedAt?.getTime() : undefined) ?? 0

const look = Effect.gen(function* () {
  const runtime = yield* SandboxRuntime
  const list = yield* runtime.list
  const running = newestFirst(list).filter(({ task }) => task.state === "running")
  const found = yield* Effect.forEach(
    running,
    ({ id, task, identity: { namespace, name } }) =>
      runtime.stats(id).pipe(
        Effect.map((stats) => [[id, { ...stats, namespace, name, startedAt: startedAtOf(task) }] as const]),
        // It has ended meanwhile.
        Effect.catch(() => Effect.succeed([])),
      ),
    { concurrency: limits.statsConcurrency },
  )
  const at = yield* Clock.currentTimeMillis
  return { at, node: yield* lookAtNode, sandboxes: new Map(found.flat()) } satisfies Looks
})

const rate = (before: Look, after: Look, windowMs: number): Usage => ({
  cpuNanosPerSecond: Math.max(0, Math.round(((after.cpuNanos - before.cpuNanos) * 1000) / windowMs)),
  memoryBytes: after.memoryBytes,
})

const between = (before: Looks, after: Looks): NodeStats => {
  const windowMs = Math.max(1, after.at - before.at)
  const sandboxes = [...after.sandboxes].flatMap(([id, now]) => {
    // What was not there at the first look has used all of it since.
    const then = before.sandboxes.get(id) ?? (now.startedAt >= before.at ? nothing : undefined)
    if (then === undefined) return []
    return [{ namespace: now.namespace, name: now.name, ...rate(then, now, windowMs) }]
  })
  return { timeMs: after.at, windowMs, node: rate(before.node, after.node, windowMs), sandboxes }
}

export type NodeStatsReader = Effect.Effect<NodeStats, Refusal, SandboxRuntime>

/** Reads the stats; remembers the last look. */
export const makeStatsReader = (): NodeStatsReader => {
  let former: Looks | undefined
  const isUseful = (looks: Looks | undefined, now: number): looks is Looks =>
    looks !== undefined &&
    now - looks.at >= limits.statsWindowMs.least &&
    now - looks.at <= limits.statsWindowMs.most
  return Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    let before = former
    if (!isUseful(before, now)) {
      before = yield* look
      yield* Effect.sleep(limits.statsWindowMs.least)
    }
    const after = yield* look
    former = after
    return between(before, after)
  }).pipe(Effect.mapError(({ message }) => new Refusal({ reason: "ServiceUnavailable", message })))
}
