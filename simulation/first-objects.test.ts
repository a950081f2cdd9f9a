import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { ApiServer, documentOf } from "../apiserver/index.ts"
import { definitions } from "../schemas/index.ts"
import { openMemoryStore, type Store } from "../store/index.ts"
import { expectGolden } from "../test/golden/expect-golden.ts"
import { seeded } from "./chance.ts"
import { putFirstObjects } from "./first-objects.ts"

/** A server whose time is 1970 and whose ids count up. */
const startServer = Effect.fnUntraced(function* (store: Store) {
  let ids = 0
  const server = yield* ApiServer.make({
    store,
    definitions,
    ambient: {
      now: () => 0,
      timer: () => () => {},
      uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
      random: seeded(1),
    },
  })
  yield* server.ready
})

const stored = (store: Store) => Effect.promise(() => store.range({ prefix: "/registry/" }))

it.effect("the ready-made first objects are those that a server makes", () =>
  Effect.gen(function* () {
    const store = yield* openMemoryStore()
    yield* startServer(store)
    const { items } = yield* stored(store)
    const rows = items.map(({ key, value }) => {
      const text = new TextDecoder().decode(documentOf(value))
      return `  [${JSON.stringify(key)}, ${JSON.stringify(text)}],\n`
    })
    const head = `// Written by \`npm run golden:update\` from what a new server makes: see first-objects.ts.
/** Keys and documents. */
export const firstObjects: ReadonlyArray<readonly [key: string, document: string]> = [\n`
    expectGolden("simulation/first-objects.gen.ts", `${head}${rows.join("")}]\n`)
  }),
)

it.effect("a server that finds them writes nothing at its start", () =>
  Effect.gen(function* () {
    const store = yield* openMemoryStore()
    yield* Effect.promise(() => putFirstObjects(store, Date.parse("2026-01-01T00:00:00Z")))
    const before = yield* stored(store)
    yield* startServer(store)
    const after = yield* stored(store)
    expect(after.revision).toBe(before.revision)
    expect(after.items.map(({ key }) => key)).toContain("/registry/core/namespaces/default")
    const [first] = after.items
    expect(new TextDecoder().decode(first?.value)).toContain(`"creationTimestamp":"2026-01-01T00:00:00Z"`)
  }),
)
