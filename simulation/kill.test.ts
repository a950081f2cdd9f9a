/** A kill is the kill of a process: nothing that it holds is done any more. */
import { Clock, Context, Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import { Client } from "../client/index.ts"
import { ConfigMap, type JsonObject } from "../schemas/index.ts"
import { type Program, type Scenario, simulatePromise } from "./index.ts"

const key = { namespace: "default", name: "a" }

const patched = (data: JsonObject) =>
  Effect.flatMap(Client, (client) =>
    client.patch(ConfigMap, key, { patch: { type: "merge", value: { data } } }),
  )

/** What programs say as they go: outside, so that it outlives them. */
class Diary extends Context.Service<
  Diary,
  { readonly write: (line: string) => Effect.Effect<void>; readonly lines: Array<string> }
>()("simulation/Diary") {}

const diary = Layer.effect(
  Diary,
  Effect.sync(() => {
    const lines: Array<string> = []
    const write = (line: string) =>
      Effect.delay(
        Effect.sync(() => void lines.push(line)),
        10,
      )
    return { lines, write }
  }),
)

const write = (line: string) => Effect.flatMap(Diary, (found) => found.write(line))

const scenario = (check: (lines: ReadonlyArray<string>) => string | undefined): Scenario<Diary> => ({
  name: "kill",
  environment: diary,
  actions: [{ service: Diary, methods: ["write"] }],
  users: () =>
    Effect.flatMap(Client, (client) =>
      Effect.andThen(
        client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...key } }),
        Effect.sleep("2 minutes"),
      ),
    ),
  faults: { crash: 0.2, stop: 0, mishap: 0 },
  waive: ["converges", "idempotent", "no flapping"],
  invariants: [
    { name: "held", eventually: ({ environment }) => check(Context.get(environment, Diary).lines) },
  ],
  platform: false,
})

const found = async (
  program: Program<Diary>,
  check: (lines: ReadonlyArray<string>) => string | undefined,
) => {
  const { failures, coverage } = await simulatePromise([program], scenario(check), { seeds: 40 })
  const kills = Object.values(coverage.points).reduce((sum, { struck }) => sum + struck, 0)
  return { messages: failures.map(({ message }) => message), kills }
}

describe("a killed program", { timeout: 120_000 }, () => {
  it("runs no finalizer, though it waits inside of one scope or another for ever", async () => {
    const program: Program<Diary> = {
      name: "p",
      run: Effect.gen(function* () {
        yield* Effect.addFinalizer(() => Effect.ignore(write("finalizer")))
        yield* patched({ at: String(yield* Clock.currentTimeMillis) }).pipe(
          Effect.ignore,
          Effect.onInterrupt(() => Effect.ignore(write("interrupted"))),
          Effect.ensuring(Effect.void),
          Effect.andThen(Effect.sleep("3 seconds")),
          Effect.forever,
        )
      }),
    }
    const { messages, kills } = await found(program, (lines) => lines[0])
    expect(messages).toEqual([])
    expect(kills).toBeGreaterThan(20)
  })

  it("does not take the next step after an action during which it died, and what the action did is done", async () => {
    const program: Program<Diary> = {
      name: "p",
      run: Effect.gen(function* () {
        for (;;) {
          const id = String(yield* Clock.currentTimeMillis)
          yield* write(`${id} begins`)
          // In the memory of the dead nothing goes on, not even what is next to the answer.
          yield* write(`${id} ends`)
          yield* Effect.sleep("2 seconds")
        }
      }),
    }
    let halves = 0
    const { messages, kills } = await found(program, (lines) => {
      const begun = lines.filter((line) => line.endsWith("begins")).length
      const ended = lines.filter((line) => line.endsWith("ends")).length
      halves += begun - ended
      return ended > begun ? `${ended} ends of ${begun} beginnings` : undefined
    })
    expect(messages).toEqual([])
    expect(kills).toBeGreaterThan(20)
    expect(halves).toBeGreaterThan(10)
  })
})
