import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import {
  ApiServer,
  adminKubeconfig,
  ensurePki,
  issueClientCertificate,
  listen,
} from "../../apiserver/index.ts"
import {
  type Client,
  clientLayer,
  Discovery,
  discoveryLayer,
  httpsTransport,
  loadKubeconfig,
  makeClient,
  makeResolver,
} from "../../client/index.ts"
import { Informers } from "../../reconciler/index.ts"
import { ConfigMap, definitions, Namespace } from "../../schemas/index.ts"
import { openMemoryStore } from "../../store/index.ts"

const now = Date.now()
const namespace = "default"
const configMap = (name: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
})

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "https-"))),
  (dir) => Effect.promise(() => rm(dir, { recursive: true })),
)

/** A server that listens on TLS until stopped and then again on its port, and the kubeconfig of its administrator. */
const startServer = Effect.gen(function* () {
  const dir = yield* temporaryDirectory
  const pki = yield* ensurePki({ dir, hosts: ["127.0.0.1"], now })
  const admin = yield* issueClientCertificate({
    ca: pki.ca,
    user: "admin",
    groups: ["system:masters"],
    days: 1,
    now,
  })
  const server = yield* ApiServer.make({ store: yield* openMemoryStore(), definitions })
  yield* server.ready
  const parent = yield* Effect.scope
  const tls = { cert: pki.server.certificate, key: pki.server.privateKey }
  const listenOn = Effect.fnUntraced(function* (port: number) {
    const scope = yield* Scope.fork(parent)
    const options = { server, host: "127.0.0.1", port, tls, clientCA: pki.ca.certificate }
    const listening = yield* listen(options).pipe(Scope.provide(scope))
    return { listening, stop: Scope.close(scope, Exit.void) }
  })
  const { listening, stop } = yield* listenOn(0)
  const kubeconfig = join(dir, "kubeconfig")
  const text = adminKubeconfig({ server: listening.url, ca: pki.ca.certificate, client: admin })
  yield* Effect.promise(() => writeFile(kubeconfig, text))
  return { kubeconfig, stop, startAgain: listenOn(listening.port) }
})

const connect = (kubeconfig: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => httpsTransport(await loadKubeconfig({ kubeconfig }))),
    (transport) => Effect.sync(() => transport.close()),
  )

/** Waits for what must become true, in real time; the test's own time limit is the bound. */
const eventually = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (condition() ? Effect.void : Effect.andThen(Effect.sleep(10), eventually(condition))))

it.live("a client by its kubeconfig reads, writes, and learns what is served, over TLS", () =>
  Effect.gen(function* () {
    const { kubeconfig } = yield* startServer
    const transport = yield* connect(kubeconfig)
    const client = makeClient(transport)
    const created = yield* client.create(ConfigMap, configMap("a"))
    expect(yield* client.get(ConfigMap, { namespace, name: "a" })).toEqual(created)
    expect(yield* Effect.flip(client.create(ConfigMap, configMap("a")))).toMatchObject({
      reason: "AlreadyExists",
    })
    const discovery = yield* Effect.provide(Discovery, discoveryLayer(transport))
    const resolve = makeResolver(discovery)
    expect((yield* resolve("cm"))[0].kind).toEqual({ ...ConfigMap })
    expect((yield* resolve("ns"))[0].kind).toEqual({ ...Namespace })
  }),
)

it.live("an informer and its subscribers survive a server that goes away and comes back", () =>
  Effect.gen(function* () {
    const { kubeconfig, stop, startAgain } = yield* startServer
    const transport = yield* connect(kubeconfig)
    const services: Layer.Layer<Client | Informers> = Layer.provideMerge(
      Informers.layer(),
      clientLayer(transport),
    )
    const context = yield* Layer.build(services)
    const client = makeClient(transport)
    const informer = yield* Effect.flatMap(Informers, (informers) =>
      informers.get(ConfigMap, { namespace }),
    ).pipe(Effect.provideContext(context))
    const seen: Array<string> = []
    yield* informer.subscribe((change) => seen.push(change.new?.metadata.name ?? "gone"))
    yield* informer.synced
    yield* client.create(ConfigMap, configMap("before"))
    yield* eventually(() => seen.includes("before"))
    yield* stop
    expect(yield* Effect.flip(client.get(ConfigMap, { namespace, name: "before" }))).toMatchObject({
      reason: "ServiceUnavailable",
    })
    yield* startAgain
    yield* client.create(ConfigMap, configMap("after"))
    yield* eventually(() => seen.includes("after"))
    expect(seen.filter((name) => name === "before")).toEqual(["before"])
    expect(informer.counts().watches).toBeGreaterThan(1)
  }),
)
