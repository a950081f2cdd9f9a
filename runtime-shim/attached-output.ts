/**
 * The output and exit of an attached process, between the source that pushes and the one caller that reads.
 *
 * Guarantees: chunks come in order; `exit` comes after a caller that reads `output` has had all of it (one that never
 * reads gets it at once); `push` answers false when the caller lags, and `drained` is called when it has caught up.
 */
import { Effect, Option, Stream } from "effect"
import { ATTACHED_BYTES_MAX } from "./limits.ts"
import type { ExecOutput, RuntimeError } from "./sandbox-runtime.ts"

type End = { readonly exitCode: number } | { readonly error: RuntimeError }

export class AttachedOutput {
  readonly #drained: () => void
  readonly #waiting = new Set<() => void>()
  #chunks: Array<ExecOutput> = []
  #bytes = 0
  #end: End | undefined
  /** `no`: nobody reads; `yes`: being read; `done`: read to its end, or left by its reader. */
  #read: "no" | "yes" | "done" = "no"

  constructor(drained: () => void = () => {}) {
    this.#drained = drained
  }

  push(output: ExecOutput): boolean {
    if (this.#end !== undefined || this.#read === "done") return true
    this.#chunks.push(output)
    this.#bytes += output.chunk.byteLength
    this.#wake()
    return this.#bytes < ATTACHED_BYTES_MAX
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  end(end: End): void {
    this.#end ??= end
    this.#wake()
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }

  #until<A>(ready: () => A | undefined): Effect.Effect<A> {
    return Effect.callback<A>((resume) => {
      const look = () => {
        const found = ready()
        if (found === undefined) return
        this.#waiting.delete(look)
        resume(Effect.succeed(found))
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => this.#waiting.delete(look))
    })
  }

  #take(): ReadonlyArray<ExecOutput> | undefined {
    const taken = this.#chunks
    if (taken.length === 0) return this.#end === undefined ? undefined : taken
    this.#chunks = []
    this.#bytes = 0
    this.#drained()
    return taken
  }

  readonly #left = Effect.sync(() => {
    this.#read = "done"
    this.#chunks = []
    this.#bytes = 0
    this.#drained()
    this.#wake()
  })

  readonly output: Stream.Stream<ExecOutput, RuntimeError> = Stream.suspend(() => {
    this.#read = "yes"
    return Stream.paginate(undefined, () =>
      Effect.flatMap(
        this.#until(() => this.#take()),
        (
          taken,
        ): Effect.Effect<readonly [ReadonlyArray<ExecOutput>, Option.Option<undefined>], RuntimeError> =>
          taken.length > 0
            ? Effect.succeed([taken, Option.some(undefined)])
            : this.#end !== undefined && "error" in this.#end
              ? Effect.fail(this.#end.error)
              : Effect.succeed([[], Option.none()]),
      ),
    ).pipe(Stream.ensuring(this.#left))
  })

  readonly exit: Effect.Effect<number, RuntimeError> = Effect.suspend(() =>
    Effect.flatMap(
      this.#until(() => (this.#read === "yes" ? undefined : this.#end)),
      (end) => ("error" in end ? Effect.fail(end.error) : Effect.succeed(end.exitCode)),
    ),
  )
}
