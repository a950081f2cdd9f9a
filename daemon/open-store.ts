/** The store that the configuration names, open while the Scope is. */
import { readFile, writeFile } from "node:fs/promises"
import { Effect, type Scope } from "effect"
import type { ServerConfig } from "../schemas/index.ts"
import {
  type EtcdEndpoints,
  managedEtcd,
  openEmbeddedStore,
  openEtcdStore,
  openMemoryStore,
  type Store,
  type StoreOpenError,
} from "../store/index.ts"
import { layout } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

const read = (path: string | undefined): Effect.Effect<Uint8Array | undefined, StartError> =>
  path === undefined
    ? Effect.succeed(undefined)
    : Effect.tryPromise({
        try: () => readFile(path),
        catch: (cause) =>
          new StartError({
            reason: "Store",
            message: `the etcd certificate file ${path} cannot be read`,
            cause,
          }),
      })

const givenEndpoints = Effect.fnUntraced(function* (
  config: ServerConfig,
): Effect.fn.Return<EtcdEndpoints, StartError> {
  const ca = yield* read(config.etcdCAFile)
  const cert = yield* read(config.etcdCertFile)
  const key = yield* read(config.etcdKeyFile)
  const pair = cert === undefined || key === undefined ? {} : { cert, key }
  return { endpoints: config.etcdEndpoints, ...(ca === undefined ? {} : { tls: { ca, ...pair } }) }
})

/** etcd as a child, unless endpoints are given. */
const openEtcd = Effect.fnUntraced(function* (config: ServerConfig) {
  if (config.etcdEndpoints.length > 0) return yield* openEtcdStore(yield* givenEndpoints(config))
  const { endpoints } = yield* managedEtcd({ dataDir: config.dataDir })
  // For etcdctl: --endpoints "$(cat D/etcd.endpoint)".
  yield* Effect.promise(() =>
    writeFile(layout(config.dataDir).etcdEndpoint, `${endpoints.join(",")}\n`, { mode: 0o600 }),
  )
  return yield* openEtcdStore({ endpoints })
})

const open = (config: ServerConfig): Effect.Effect<Store, StoreOpenError | StartError, Scope.Scope> => {
  switch (config.store) {
    case "etcd":
      return openEtcd(config)
    case "embedded":
      return openEmbeddedStore({ directory: layout(config.dataDir).embedded })
    case "memory":
      return openMemoryStore()
  }
}

export const openStore = (config: ServerConfig): Effect.Effect<Store, StartError, Scope.Scope> =>
  open(config).pipe(
    Effect.catchTag("StoreOpenError", (cause) =>
      Effect.fail(new StartError({ reason: "Store", message: cause.message, cause })),
    ),
  )
