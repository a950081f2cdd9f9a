/**
 * What a server writes into an empty store, its namespaces and roles: the same in every run, so it is made once a process and put
 * into each run's store before its server starts.
 */
import { Effect, Scope } from "effect"
import { type KeyValue, makeMemoryStore, type Store } from "../store/index.ts"
import { Life } from "./life.ts"
import { startMs } from "./limits.ts"
import { VirtualTime } from "./virtual-time.ts"
import { makeWorld } from "./world.ts"

const firstObjects = async (): Promise<ReadonlyArray<KeyValue>> => {
  const time = new VirtualTime(startMs)
  const life = new Life({ time, actor: "environment", seed: 0 })
  const store = makeMemoryStore()
  const scope = Scope.makeUnsafe()
  const fiber = Effect.runForkWith(life.services)(Scope.provide(makeWorld({ seed: 0, store }), scope))
  const isMade = await time.runUntil(() => fiber.pollUnsafe() !== undefined, startMs)
  if (!isMade) throw new Error("the server does not start")
  life.kill("made")
  const { items } = await store.range({ prefix: "" })
  return items.toSorted((a, b) => (a.modRevision < b.modRevision ? -1 : 1))
}

let made: Promise<ReadonlyArray<KeyValue>> | undefined

export const putFirstObjects = async (store: Store): Promise<void> => {
  made ??= firstObjects()
  for (const { key, value } of await made) await store.put({ key, value, expect: { absent: true } })
}
