/** A fake sandbox's log as the stream that {@link SandboxRuntime.logs} promises. */
import { Effect, Option, Stream } from "effect"
import { type LogOptions, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import type { FakeSandbox, FakeWorld, LogLine } from "./world.ts"

const encoder = new TextEncoder()

const render = ({ at, text }: LogLine, timestamps: boolean) =>
  encoder.encode(timestamps ? `${new Date(at).toISOString()} ${text}` : text)

const selected = (log: ReadonlyArray<LogLine>, { since, tailLines }: LogOptions): ReadonlyArray<LogLine> => {
  const recent = since === undefined ? log : log.filter(({ at }) => at >= since.getTime())
  if (tailLines === undefined) return recent
  return tailLines === 0 ? [] : recent.slice(-tailLines)
}

/** Lines after the `seen` first; ends when the program has ended or the sandbox is gone. */
export const followed = (world: FakeWorld, sandbox: FakeSandbox, seen: number) =>
  Stream.paginate(seen, (from) =>
    Effect.map(
      world.until(() => {
        const lines = sandbox.log.slice(from)
        const ended = sandbox.exited !== undefined || !world.sandboxes.has(sandbox.spec.id)
        return lines.length > 0 || ended ? { lines, ended } : undefined
      }),
      ({ lines, ended }) =>
        [lines, ended ? Option.none<number>() : Option.some(from + lines.length)] as const,
    ),
  )

export const fakeLogs = (
  world: FakeWorld,
  id: SandboxId,
  options: LogOptions,
): Stream.Stream<Uint8Array, RuntimeError> => {
  const sandbox = world.sandboxes.get(id)
  if (sandbox === undefined) {
    const message = `there is no sandbox ${id}`
    return Stream.fail(new RuntimeError({ reason: "NotFound", operation: "logs", subject: id, message }))
  }
  const past = Stream.fromIterable(selected(sandbox.log, options))
  const all =
    options.follow === true ? Stream.concat(past, followed(world, sandbox, sandbox.log.length)) : past
  return Stream.map(all, (line) => render(line, options.timestamps === true))
}
