import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll } from "vitest"
import { type ManagedEtcd, makeEtcdStore, managedEtcd, type Store } from "../../store/index.ts"
import { wireConformance } from "../wire/suites.ts"

const dataDir = mkdtempSync(join(tmpdir(), "miren-wire-etcd-"))
let scope: Scope.Closeable
let etcd: ManagedEtcd

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  etcd = await Effect.runPromise(Scope.provide(managedEtcd({ dataDir }), scope))
})
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(dataDir, { recursive: true, force: true })
})

/** One etcd is enough for all: each test finds it empty, at a revision that has grown. */
const empty = async (store: Store): Promise<void> => {
  for (;;) {
    const { items } = await store.range({ prefix: "/registry/", limit: 1000 })
    if (items.length === 0) return
    await Promise.all(items.map(({ key, modRevision }) => store.delete(key, { modRevision })))
  }
}

wireConformance("etcd", async () => {
  const store = await makeEtcdStore({ endpoints: etcd.endpoints })
  await empty(store)
  return { store, close: () => store.close() }
})
