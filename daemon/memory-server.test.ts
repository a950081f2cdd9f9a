import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import {
  deny,
  startWebhookServer,
  validatingConfiguration,
  webhook,
} from "../apiserver/admission/testing/webhook-server.ts"
import { ApiError, Client, httpsTransport, loadKubeconfig, makeClient } from "../client/index.ts"
import { Controller, controllerReference, Manager, Result } from "../reconciler/index.ts"
import {
  ConfigMap,
  Namespace,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "../schemas/index.ts"
import { Fleet, fleet, fleetController, fleetDefinition } from "../test/integration/fleet.ts"
import {
  Server,
  type StartedMemoryServer,
  type StartMemoryServerOptions,
  startMemoryServer,
} from "./index.ts"

const crds = [fleetDefinition]
const key = { namespace: "default", name: "f" }
const map = (name: string, more: Partial<ConfigMap["metadata"]> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", ...more },
})
const fleets = Effect.flatMap(fleetController, (controller) => Manager.start({ controllers: [controller] }))
/** A server that ends with the test. */
const started = async (options: StartMemoryServerOptions): Promise<StartedMemoryServer> => {
  const server = await startMemoryServer(options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}
const namesOf = (client: Client["Service"]) =>
  Effect.map(client.list(ConfigMap), ({ items }) => items.map(({ metadata }) => metadata.name))

describe("a server in memory", () => {
  it.effect("serves the kinds that it was given, and runs an operator until it is stopped", () =>
    Effect.gen(function* () {
      const server = yield* Server.memory({ crds })
      const operator = yield* server.start(fleets)
      yield* server.client.create(Fleet, fleet("f", 2))
      yield* server.settle
      expect(yield* namesOf(server.client)).toEqual(["f-0", "f-1"])
      expect((yield* server.client.get(Fleet, key)).status?.ready).toBe(2)
      yield* operator.stop
      yield* server.client.delete(ConfigMap, { namespace: "default", name: "f-0" })
      yield* server.settle
      expect(yield* namesOf(server.client)).toEqual(["f-1"])
    }),
  )

  it.effect("collects what lost its owner", () =>
    Effect.gen(function* () {
      const { client, settle } = yield* Server.memory({ crds })
      const owner = yield* client.create(Fleet, fleet("f", 0))
      yield* client.create(ConfigMap, map("owned", { ownerReferences: [controllerReference(Fleet, owner)] }))
      yield* client.create(ConfigMap, map("free"))
      yield* settle
      yield* client.delete(Fleet, key)
      yield* settle
      expect(yield* namesOf(client)).toEqual(["free"])
    }),
  )

  it.effect("empties a namespace that is deleted, when finalizers let it", () =>
    Effect.gen(function* () {
      const server = yield* Server.memory()
      const { client } = server
      yield* client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } })
      yield* client.create(ConfigMap, map("held", { namespace: "team", finalizers: ["x.dev/lock"] }))
      yield* client.create(ConfigMap, map("free", { namespace: "team" }))
      yield* client.delete(Namespace, { namespace: "", name: "team" })
      yield* server.advance("10 seconds")
      expect(yield* namesOf(client)).toEqual(["held"])
      const patch = { type: "merge", value: { metadata: { finalizers: null } } } as const
      yield* client.patch(ConfigMap, { namespace: "team", name: "held" }, { patch })
      yield* server.advance("10 seconds")
      const gone = yield* Effect.flip(client.get(Namespace, { namespace: "", name: "team" }))
      expect(gone.reason).toBe("NotFound")
    }),
  )

  it.effect("refuses what a policy forbids", () =>
    Effect.gen(function* () {
      const { client, settle } = yield* Server.memory({ crds })
      yield* client.create(ValidatingAdmissionPolicy, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "small" },
        spec: {
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: ["example.com"],
                apiVersions: ["v1"],
                operations: ["CREATE"],
                resources: ["fleets"],
              },
            ],
          },
          validations: [{ expression: "object.spec.size < 3" }],
        },
      })
      yield* client.create(ValidatingAdmissionPolicyBinding, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: "small" },
        spec: { policyName: "small", validationActions: ["Deny"] },
      })
      yield* settle
      expect(yield* Effect.flip(client.create(Fleet, fleet("f", 3)))).toMatchObject({ reason: "Invalid" })
      yield* client.create(Fleet, fleet("f", 2))
    }),
  )

  it.effect("asks webhooks, over their own sockets", () =>
    Effect.gen(function* () {
      const server = yield* Server.memory({ crds })
      const hooks = yield* Effect.acquireRelease(
        Effect.promise(() => startWebhookServer({ "/no": deny({ message: "not today" }) })),
        (open) => Effect.promise(() => open.close()),
      )
      const about = {
        ...webhook({ server: hooks, path: "/no", name: "no.example.com" }),
        rules: [
          { apiGroups: ["example.com"], apiVersions: ["*"], operations: ["CREATE"], resources: ["fleets"] },
        ],
      }
      const configuration = validatingConfiguration("no", about) as unknown as ValidatingWebhookConfiguration
      yield* server.client.create(ValidatingWebhookConfiguration, configuration)
      yield* server.settle
      const refused = yield* Effect.flip(server.client.create(Fleet, fleet("f", 1)))
      expect(refused.message).toContain("not today")
    }),
  )

  it.effect("holds users to their rights", () =>
    Effect.gen(function* () {
      const { transport } = yield* Server.memory()
      const somebody = makeClient(transport({ name: "somebody", groups: ["system:authenticated"] }))
      expect(yield* Effect.flip(somebody.list(ConfigMap))).toMatchObject({ reason: "Forbidden" })
    }),
  )

  it.effect("lets time stand still until the test moves it, and shows what it wakes in between", () =>
    Effect.gen(function* () {
      const server = yield* Server.memory({ crds })
      const seen: Array<number> = []
      const every = Controller.make({
        name: "every-minute",
        for: Fleet,
        reconcile: () =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            seen.push(now / 1000)
            return Result.RequeueAfter({ delay: Duration.minutes(1) })
          }),
      })
      yield* server.start(Manager.start({ controllers: [every] }))
      yield* server.client.create(Fleet, fleet("f", 0))
      yield* server.settle
      expect(seen).toEqual([0])
      yield* server.advance("3 minutes")
      expect(seen).toEqual([0, 60, 120, 180])
      const { metadata } = yield* server.client.create(Fleet, fleet("g", 0))
      expect(metadata.creationTimestamp).toBe("1970-01-01T00:03:00Z")
    }),
  )

  it.effect("says so when controllers never come to rest", () =>
    Effect.gen(function* () {
      const server = yield* Server.memory({ crds })
      yield* server.client.create(Fleet, fleet("f", 0))
      let size = 0
      const restless = Controller.make({
        name: "restless",
        for: Fleet,
        reconcile: Effect.fnUntraced(function* () {
          const client = yield* Client
          size += 1
          yield* client.patch(Fleet, key, { patch: { type: "merge", value: { spec: { size } } } })
          return Result.Done()
        }),
      })
      const died = yield* Effect.exit(server.start(Manager.start({ controllers: [restless] })))
      expect(String(died)).toContain("does not come to rest")
    }),
  )

  it.effect("starts a program that fails as a failure, and worlds share nothing", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* Server.memory(), yield* Server.memory()]
      expect(yield* Effect.flip(one.start(Effect.fail("no")))).toBe("no")
      yield* one.client.create(ConfigMap, map("a"))
      expect(yield* namesOf(other.client)).toEqual([])
    }),
  )
})

describe("the kinds of a server in memory", () => {
  const attempt = (text: string | undefined) => {
    const folder = mkdtempSync(join(tmpdir(), "miren-crds-"))
    const file = join(folder, "fleets.yaml")
    if (text !== undefined) writeFileSync(file, text)
    return Effect.scoped(Server.memory({ crds: [file], platform: false })).pipe(
      Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true }))),
    )
  }

  it.effect("may be files", () => Effect.asVoid(attempt(`${JSON.stringify(fleetDefinition)}\n---\n`)))

  it.effect.each([
    ["that are not there", undefined, "there is no such file"],
    ["that are no YAML", "a: [", "fleets.yaml: "],
    ["of other kinds", "kind: ConfigMap", "must be a CustomResourceDefinition"],
    ["with nothing in them", "---\n", "there is no CustomResourceDefinition"],
    [
      "with schemas that cannot be served",
      JSON.stringify(fleetDefinition).replaceAll(`"integer"`, `"number of"`),
      "CustomResourceDefinition fleets.example.com is not served",
    ],
  ] as const)("are refused as files %s, with a sentence that names the file", ([, text, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(attempt(text))
      expect(error).toMatchObject({ _tag: "StartError", reason: "InvalidConfig" })
      expect(error.message).toContain(message)
    }),
  )
})

describe("a server in memory behind Promises", () => {
  it("runs an operator in the machine's time", async () => {
    const server = await started({ crds })
    await server.start(fleets)
    await server.client.create(Fleet, fleet("f", 1))
    await server.settle()
    expect((await server.client.get(Fleet, key)).status?.ready).toBe(1)
    await expect(server.client.get(Fleet, { namespace: "default", name: "g" })).rejects.toBeInstanceOf(
      ApiError,
    )
    await expect(server.advance("1 minute")).rejects.toThrow("clock")
  })

  it("moves time where it is the test's", async () => {
    const server = await started({ crds, clock: "test" })
    await server.advance("1 hour")
    const { metadata } = await server.client.create(Fleet, fleet("f", 1))
    expect(metadata.creationTimestamp).toBe("1970-01-01T01:00:00Z")
  })

  it("is reached by a kubeconfig that only its user may read, and takes the file away with it", async () => {
    const server = await started({ crds })
    await server.client.create(Fleet, fleet("f", 1))
    const { kubeconfigFile, kubeconfig, url } = await server.listen()
    expect(statSync(kubeconfigFile).mode & 0o777).toBe(0o600)
    expect(readFileSync(kubeconfigFile, "utf8")).toBe(kubeconfig)
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const transport = httpsTransport(await loadKubeconfig({ kubeconfig: kubeconfigFile }))
    const { items } = await Effect.runPromise(makeClient(transport).list(Fleet))
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["f"])
    transport.close()
    await server.close()
    expect(statSync(kubeconfigFile, { throwIfNoEntry: false })).toBeUndefined()
  })

  it("is many at once", async () => {
    const one = async (index: number): Promise<string> => {
      const server = await started({ crds, platform: false })
      await server.client.create(Fleet, fleet(`f-${index}`, 0))
      const { items } = await server.client.list(Fleet)
      return items.map(({ metadata }) => metadata.name).join()
    }
    const all = await Promise.all(Array.from({ length: 100 }, (_, index) => one(index)))
    expect(all).toEqual(Array.from({ length: 100 }, (_, index) => `f-${index}`))
  })
})
