/**
 * The machine that a fake runtime drives: images, sandboxes, and the failures that a test has scripted for it.
 *
 * It outlives a runtime: build a second `fakeRuntimeLayer({ world })` over the same world, and that is a daemon restart.
 * Nothing here waits; time is a number that callers hand in, so a virtual clock rules it. Start with {@link FakeWorld}.
 */
import { createHash } from "node:crypto"
import { Clock, Effect } from "effect"
import { EventFeed } from "../event-feed.ts"
import { FAKE_CALLS_MAX, FAKE_LOG_LINES_MAX } from "../limits.ts"
import {
  type Image,
  RuntimeError,
  type RuntimeErrorReason,
  type SandboxId,
  type SandboxSpec,
  type SandboxStatus,
  type TaskState,
} from "../sandbox-runtime.ts"
import { interpret, type Program, withStdinEnded } from "./program.ts"

export type FakeOperation =
  | "ensureImage"
  | "importImage"
  | "images"
  | "create"
  | "start"
  | "stop"
  | "remove"
  | "status"
  | "list"
  | "exec"
  | "attach"
  | "logs"

/** What shall go wrong: the next `times` calls of `operation` (on `subject`, or any) fail with `reason`. */
export interface ScriptedFailure {
  readonly operation: FakeOperation
  readonly reason: RuntimeErrorReason
  /** A sandbox id or an image reference. */
  readonly subject?: string
  /** Default 1; `Infinity` until `world.heal()`. */
  readonly times?: number
  /** For create and remove: the sandbox is left half done, as `partial`. */
  readonly leavesPartial?: boolean
  /** The call takes effect all the same: an answer that was lost on the way. */
  readonly takesEffect?: boolean
}

export interface LogLine {
  readonly at: number
  readonly stream: "stdout" | "stderr"
  readonly text: string
}

export interface FakeSandbox {
  readonly spec: SandboxSpec
  program: Program
  /** `none`: the container was given none, and reads its end at once. */
  stdin: "none" | "open" | "ended"
  readonly createdAt: number
  readonly address: string | undefined
  readonly pid: number
  readonly log: Array<LogLine>
  /** Outputs of the program already in the log. */
  emitted: number
  startedAt: number | undefined
  exited: { readonly at: number; readonly exitCode: number; readonly oomKilled: boolean } | undefined
  partial: boolean
}

export interface Call {
  readonly operation: FakeOperation
  readonly subject: string
}

interface ProgramRule {
  readonly match: (spec: SandboxSpec) => boolean
  readonly program: Program
}

export class FakeWorld {
  readonly images = new Map<string, Image>()
  readonly sandboxes = new Map<SandboxId, FakeSandbox>()
  readonly feed = new EventFeed()
  /** What was asked, oldest first, the last {@link FAKE_CALLS_MAX}. */
  readonly calls: Array<Call> = []
  readonly #failures: Array<{ readonly failure: ScriptedFailure; left: number }> = []
  readonly #rules: Array<ProgramRule> = []
  readonly #used = new Set<SandboxId>()
  readonly #watchers = new Set<() => void>()
  #serial = 0

  /** Scripts a failure. */
  fail(failure: ScriptedFailure): void {
    this.#failures.push({ failure, left: failure.times ?? 1 })
  }

  /** Takes every scripted failure back. */
  heal(): void {
    this.#failures.length = 0
  }

  /** Sandboxes that match, created from now on, run `program` instead of what their command says. The last rule wins. */
  script(match: (spec: SandboxSpec) => boolean, program: Program): void {
    this.#rules.unshift({ match, program })
  }

  /** Ends a running sandbox now, as if by itself. */
  exit(id: SandboxId, end: { readonly exitCode: number; readonly oomKilled?: boolean }): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (now) => {
      const sandbox = this.sandboxes.get(id)
      if (sandbox !== undefined) this.end(sandbox, { at: now, ...end })
    })
  }

  addImage(reference: string, sizeBytes = 1 << 20): Image {
    const digest = `sha256:${createHash("sha256").update(reference).digest("hex")}`
    const image = { reference, digest, sizeBytes }
    this.images.set(reference, image)
    return image
  }

  /** Notes a call and gives the failure scripted for it. */
  called(operation: FakeOperation, subject: string): ScriptedFailure | undefined {
    if (this.calls.length >= FAKE_CALLS_MAX) this.calls.shift()
    this.calls.push({ operation, subject })
    const found = this.#failures.find(
      ({ failure, left }) =>
        left > 0 &&
        failure.operation === operation &&
        (failure.subject === undefined || failure.subject === subject),
    )
    if (found !== undefined) found.left -= 1
    return found?.failure
  }

  errorOf(failure: ScriptedFailure, subject: string): RuntimeError {
    const { operation, reason } = failure
    return new RuntimeError({ reason, subject, operation, message: `${operation} was scripted to fail` })
  }

  wasUsed(id: SandboxId): boolean {
    return this.#used.has(id)
  }

  add(spec: SandboxSpec, now: number, partial: boolean): FakeSandbox {
    this.#serial += 1
    const n = this.#serial % 65_000
    const program = this.#rules.find(({ match }) => match(spec))?.program ?? interpret(commandOf(spec))
    const hasStdin = spec.containers[0].stdin === true
    const sandbox: FakeSandbox = {
      spec,
      program: hasStdin ? program : withStdinEnded(program, 0),
      stdin: hasStdin ? "open" : "none",
      createdAt: now,
      address: partial ? undefined : `10.88.${(n + 1) >> 8}.${(n + 1) & 255}`,
      pid: 1000 + this.#serial,
      log: [],
      emitted: 0,
      startedAt: undefined,
      exited: undefined,
      partial,
    }
    this.#used.add(spec.id)
    this.sandboxes.set(spec.id, sandbox)
    return sandbox
  }

  /** Brings a running sandbox's log and end up to `now`; says when the next thing is due. */
  settle(sandbox: FakeSandbox, now: number): number | undefined {
    const { startedAt, program } = sandbox
    if (startedAt === undefined || sandbox.exited !== undefined) return undefined
    const due = (at: number) => startedAt + at <= now
    for (
      let next = program.output[sandbox.emitted];
      next !== undefined && due(next.at);
      next = program.output[sandbox.emitted]
    ) {
      sandbox.emitted += 1
      this.print(sandbox, { ...next, at: startedAt + next.at })
    }
    if (program.exit !== undefined && due(program.exit.at)) {
      this.end(sandbox, { ...program.exit, at: startedAt + program.exit.at })
      return undefined
    }
    const ahead = program.output[sandbox.emitted]?.at ?? program.exit?.at
    return ahead === undefined ? undefined : startedAt + ahead
  }

  print(sandbox: FakeSandbox, line: LogLine): void {
    if (sandbox.log.length >= FAKE_LOG_LINES_MAX) sandbox.log.shift()
    sandbox.log.push(line)
    this.changed()
  }

  /** What was written to the sandbox's stdin: a program that copies it says it. */
  receive(sandbox: FakeSandbox, at: number, text: string): void {
    const { program, stdin, exited } = sandbox
    if (program.atStdinEnd === undefined || stdin !== "open" || exited !== undefined) return
    this.print(sandbox, { at, stream: "stdout", text })
  }

  /** Ends a running sandbox's stdin. */
  endStdin(sandbox: FakeSandbox, now: number): void {
    const { startedAt, stdin, program } = sandbox
    if (startedAt === undefined || stdin !== "open") return
    sandbox.stdin = "ended"
    sandbox.program = withStdinEnded(program, now - startedAt)
    this.settle(sandbox, now)
    this.changed()
  }

  end(sandbox: FakeSandbox, end: { at: number; exitCode: number; oomKilled?: boolean }): void {
    if (sandbox.startedAt === undefined || sandbox.exited !== undefined) return
    sandbox.exited = { at: end.at, exitCode: end.exitCode, oomKilled: end.oomKilled ?? false }
    const { id } = sandbox.spec
    if (sandbox.exited.oomKilled) this.feed.publish({ type: "oom", id })
    this.feed.publish({ type: "exited", id })
    this.changed()
  }

  /** Calls `watcher` after every change, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Waits until `ready` gives something, asked again after each change. */
  until<A>(ready: () => A | undefined): Effect.Effect<A> {
    return Effect.callback<A>((resume) => {
      const look = () => {
        const found = ready()
        if (found === undefined) return
        unwatch()
        resume(Effect.succeed(found))
      }
      const unwatch = this.watch(look)
      look()
      return Effect.sync(unwatch)
    })
  }

  changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

const commandOf = (spec: SandboxSpec): ReadonlyArray<string> => {
  const [container] = spec.containers
  return [...(container.command ?? []), ...(container.args ?? [])]
}

const taskOf = ({ partial, exited, startedAt, pid }: FakeSandbox): TaskState => {
  if (partial) return { state: "partial" }
  if (startedAt === undefined) return { state: "created" }
  if (exited === undefined) return { state: "running", pid, startedAt: new Date(startedAt) }
  const { exitCode, oomKilled } = exited
  return { state: "exited", exitCode, exitedAt: new Date(exited.at), oomKilled }
}

export const statusOf = (sandbox: FakeSandbox): SandboxStatus => ({
  id: sandbox.spec.id,
  handler: sandbox.spec.handler,
  labels: sandbox.spec.labels,
  addresses: sandbox.address === undefined ? [] : [sandbox.address],
  task: taskOf(sandbox),
  createdAt: new Date(sandbox.createdAt),
})
