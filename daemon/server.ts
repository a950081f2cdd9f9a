/**
 * The composition root: one server from its configuration, running while its Scope is open. Start with {@link Server}.
 *
 * Order: data dir, store, keys and certificates, API, controllers, runner. What is acquired last is released first, so that
 * the runner writes its last status to an API that still answers, over a store that is still open.
 */
import { writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { Clock, Duration, Effect, Layer, type Scope } from "effect"
import {
  ApiServer,
  adminKubeconfig,
  ensurePki,
  issueClientCertificate,
  issueServerCertificate,
  type Listening,
  listen,
  type Pki,
} from "../apiserver/index.ts"
import {
  clientLayer,
  discoveryLayer,
  httpsTransport,
  loadKubeconfig,
  type Transport,
} from "../client/index.ts"
import { Informers } from "../reconciler/index.ts"
import { definitions, type ServerConfig } from "../schemas/index.ts"
import { keepHistory } from "../store/index.ts"
import { accessOptions } from "./access-options.ts"
import { runControllers } from "./controllers-role.ts"
import { ensureDataDir, holdDataDir, layout } from "./data-dir.ts"
import { memoryServer } from "./memory-server.ts"
import { openRuntime } from "./open-runtime.ts"
import { openStore } from "./open-store.ts"
import { runRunner } from "./runner-role.ts"
import { openSecretsAtRest } from "./secrets-at-rest.ts"
import { StartError } from "./start-error.ts"
import { version } from "./version.ts"

/** The common name by which runners know their API server. */
const apiServerName = "miren-apiserver"
const certificateDays = 365

/** How long history stays readable, and what it may come to. */
const retention = { keep: "1 hour", revisionsMin: 10_000, revisionsMax: 1_000_000 } as const

const refuse = (reason: StartError["reason"]) => (cause: { readonly message: string }) =>
  new StartError({ reason, message: cause.message, cause })

const splitAddress = (listenOn: string): { readonly host: string; readonly port: number } => {
  const colon = listenOn.lastIndexOf(":")
  return { host: listenOn.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listenOn.slice(colon + 1)) }
}

const makePki = Effect.fnUntraced(function* (config: ServerConfig) {
  const { host } = splitAddress(config.listen)
  const now = yield* Clock.currentTimeMillis
  return yield* ensurePki({ dir: layout(config.dataDir).pki, hosts: [host, hostname()], now }).pipe(
    Effect.mapError(refuse("Pki")),
  )
})

const writeAdminKubeconfig = Effect.fnUntraced(function* (
  config: ServerConfig,
  pki: Pki,
  { url }: Listening,
) {
  const now = yield* Clock.currentTimeMillis
  const identity = { user: "miren:admin", groups: ["system:masters"], days: certificateDays, now }
  const client = yield* issueClientCertificate({ ca: pki.ca, ...identity }).pipe(
    Effect.mapError(refuse("Pki")),
  )
  const path = layout(config.dataDir).adminKubeconfig
  const text = adminKubeconfig({ server: url, ca: pki.ca.certificate, client })
  yield* Effect.tryPromise({
    try: () => writeFile(path, text, { mode: 0o600 }),
    catch: (cause) => new StartError({ reason: "DataDir", message: `${path} cannot be written`, cause }),
  })
})

/** A host name as a Node name: a DNS name in lower case. */
const nodeNameOf = (config: ServerConfig): string =>
  config.nodeName ??
  (hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "") ||
    "node")

/** The API over its store, and where it listens. */
const runApi = Effect.fnUntraced(function* (config: ServerConfig, pki: Pki) {
  const store = yield* openStore(config)
  yield* Effect.forkScoped(keepHistory(store, { window: retention, every: "1 minute" }))
  const secrets = yield* openSecretsAtRest(layout(config.dataDir).secretKeys)
  const access = yield* accessOptions(config, pki)
  const { ca, server } = pki
  const api = yield* ApiServer.make({
    store,
    definitions,
    version,
    keepDeletionCausesMs: Duration.toMillis(retention.keep),
    connect: {
      resources: {
        "compute.miren.dev/sandboxes": ["log", "exec", "attach", "portforward"],
        pods: ["log", "exec", "attach", "portforward"],
      },
      clientTls: { cert: server.certificate, key: server.privateKey, ca: ca.certificate },
    },
    ...secrets,
    ...access,
  }).pipe(Effect.mapError(refuse("Store")))
  yield* api.ready
  const tls = { cert: server.certificate, key: server.privateKey }
  const { host, port } = splitAddress(config.listen)
  const listening = yield* listen({ server: api, host, port, tls, clientCA: ca.certificate }).pipe(
    Effect.mapError((cause) =>
      refuse("Listen")({ ...cause, message: `${cause.message} (--listen ${config.listen})` }),
    ),
  )
  yield* writeAdminKubeconfig(config, pki, listening)
  const transport = api.inProcess({ name: "system:miren:controllers", groups: ["system:masters"] })
  const node = api.inProcess({
    name: `system:node:${nodeNameOf(config)}`,
    groups: ["system:nodes", "system:authenticated"],
  })
  return { url: listening.url, transports: { controllers: transport, runner: node } }
})

/** The API that others serve. */
const reachApi = Effect.fnUntraced(function* (config: ServerConfig) {
  const connection = yield* Effect.tryPromise({
    try: () => loadKubeconfig(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
    catch: (cause) =>
      new StartError({
        reason: "InvalidConfig",
        message: `without the role api, --kubeconfig says which API to work for: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      }),
  })
  const transport = yield* Effect.acquireRelease(
    Effect.sync(() => httpsTransport(connection)),
    (opened) => Effect.sync(() => opened.close()),
  )
  return { url: connection.server, transports: { controllers: transport, runner: transport } }
})

const runnerCertificate = Effect.fnUntraced(function* ({ ca }: Pki, nodeName: string) {
  const now = yield* Clock.currentTimeMillis
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] }
  const hosts = [nodeName, "localhost", "127.0.0.1"]
  const made = yield* issueServerCertificate({ ca, ...subject, hosts, days: certificateDays, now }).pipe(
    Effect.mapError(refuse("Pki")),
  )
  return { cert: made.certificate, key: made.privateKey, clientCa: ca.certificate }
})

/** Who each role is to the API: in the same process the runner is its node, and may what a node may. */
interface Transports {
  readonly controllers: Transport
  readonly runner: Transport
}

const servicesOver = (transport: Transport) =>
  Layer.build(
    Layer.mergeAll(
      Informers.layer().pipe(Layer.provideMerge(clientLayer(transport, { userAgent: "miren" }))),
      discoveryLayer(transport),
    ),
  )

const runRoles = Effect.fnUntraced(function* (config: ServerConfig, pki: Pki, transports: Transports) {
  const roles = new Set(config.roles)
  // Servers that share an etcd share the controllers' work too: one at a time does it.
  const election =
    config.etcdEndpoints.length > 0 || !roles.has("api")
      ? { name: "miren-controllers", namespace: "kube-system" }
      : undefined
  if (roles.has("controllers")) {
    const services = yield* servicesOver(transports.controllers)
    yield* runControllers(election).pipe(Effect.provideContext(services))
  }
  if (!roles.has("runner")) return
  const nodeName = nodeNameOf(config)
  const runtime = yield* openRuntime(config)
  const tls = yield* runnerCertificate(pki, nodeName)
  const services = yield* servicesOver(transports.runner)
  yield* runRunner({ nodeName, images: layout(config.dataDir).images, tls, apiServer: apiServerName }).pipe(
    Effect.provideContext(services),
    Effect.provideContext(runtime),
  )
})

/** Ready when it succeeds: with the URL of the API. Runs while the Scope is open; fails with a sentence for people. */
const run = Effect.fn("Server.run")(function* (
  config: ServerConfig,
): Effect.fn.Return<{ readonly url: string }, StartError, Scope.Scope> {
  yield* ensureDataDir(config.dataDir)
  yield* holdDataDir(config.dataDir)
  const pki = yield* makePki(config)
  const { url, transports } = config.roles.includes("api")
    ? yield* runApi(config, pki)
    : yield* reachApi(config)
  yield* runRoles(config, pki, transports)
  return { url }
})

/**
 * `Server.run(config)`: the server that `mctl server` runs, in a Scope. `Server.memory(options)`: one in memory, for tests and for programs
 * that embed it; see `MemoryServer`, and `startMemoryServer` for the same without Effect.
 */
export const Server = { run, memory: memoryServer }
