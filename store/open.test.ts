import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { afterEach, beforeEach, expect } from "vitest"
import { bytes, create, record, rejection } from "./conformance/world.ts"
import { openEmbeddedStore, openEtcdStore, openMemoryStore } from "./open.ts"
import { isStoreError, type Store } from "./store.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "miren-open-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const opened = [
  ["memory", () => openMemoryStore()],
  ["embedded", () => openEmbeddedStore({ directory })],
] as const

for (const [name, open] of opened) {
  it.effect(`the scope of a ${name} store is its life: its watches end and it refuses calls afterwards`, () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const store: Store = yield* Scope.provide(open(), scope)
      const { recorder } = record(store, { prefix: "/" })
      yield* Effect.promise(() => create(store, "/a", "x"))
      yield* Scope.close(scope, Exit.void)
      expect(recorder.seen.length).toBe(1)
      expect(recorder.end?.reason).toBe("Closed")
      const error = yield* Effect.promise(() => rejection(store.get("/a")))
      expect(isStoreError(error, "Closed")).toBe(true)
    }),
  )

  it.effect(`the sessions of a ${name} store end by the clock of the program`, () =>
    Effect.gen(function* () {
      const store: Store = yield* open()
      const { recorder } = record(store, { prefix: "/" })
      const session = yield* Effect.promise(() => store.session(30))
      const put = { key: "/held", value: bytes("x"), expect: { absent: true }, session: session.id } as const
      yield* Effect.promise(() => store.put(put))
      yield* TestClock.adjust("29 seconds")
      expect(recorder.seen.length).toBe(1)
      yield* TestClock.adjust("1 second")
      yield* Effect.promise(() => recorder.until(({ seen }) => seen.length >= 2))
      expect(recorder.seen[1]?.type).toBe("delete")
    }),
  )
}

it.effect("a directory that is in use is an error of opening, not a defect", () =>
  Effect.gen(function* () {
    yield* openEmbeddedStore({ directory })
    const error = yield* Effect.flip(Effect.scoped(openEmbeddedStore({ directory })))
    expect(error.reason).toBe("DataDirInUse")
  }),
)

it.live("an etcd that nobody answers for is unreachable", () =>
  Effect.gen(function* () {
    const opening = openEtcdStore({ endpoints: [`unix://${directory}/none`], openTimeoutMs: 50 })
    const error = yield* Effect.flip(Effect.scoped(opening))
    expect(error.reason).toBe("Unreachable")
  }),
)
