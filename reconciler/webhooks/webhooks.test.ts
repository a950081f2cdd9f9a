/** Webhooks end to end: the real API server asks them over a loopback socket, by configurations that they applied themselves. */
import * as https from "node:https"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import fc from "fast-check"
import { applyPatch } from "fast-json-patch"
import { type ApiError, Client } from "../../client/index.ts"
import {
  ConfigMap,
  type CustomResourceDefinition,
  type JsonObject,
  type Kind,
  type KubeObject,
  Secret,
  ValidatingWebhookConfiguration,
} from "../../schemas/index.ts"
import { makeWorld } from "../../test/kit/world.ts"
import { serveWebhooks, type Webhook, Webhooks } from "./index.ts"
import { jsonPatch } from "./json-patch.ts"

interface Widget extends KubeObject {
  readonly spec: { readonly size?: number; readonly color?: string; readonly amount?: number }
}
const widgetKind = (version: string): Kind<Widget> => ({
  group: "example.com",
  version,
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
})
const Widget = widgetKind("v1")

const definition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === "v1",
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: {
                size: { type: "integer" },
                color: { type: "string" },
                amount: { type: "integer" },
              },
            },
          },
        },
      },
    })),
  },
}

const widget = (name: string, spec: Widget["spec"], version = "v1"): Widget => ({
  apiVersion: `example.com/${version}`,
  kind: "Widget",
  metadata: { namespace: "default", name },
  spec,
})

const served = Effect.fnUntraced(function* (
  webhooks: ReadonlyArray<Webhook>,
  more: { readonly secret?: { readonly namespace: string; readonly name: string } } = {},
) {
  const world = yield* makeWorld()
  yield* world.define(definition)
  const { url, bundle } = yield* serveWebhooks({ name: "test.example.com", webhooks, ...more }).pipe(
    Effect.provideService(Client, world.client),
  )
  return { world, client: world.client, url, bundle }
})

const refusal = <A>(effect: Effect.Effect<A, ApiError>) => Effect.flip(effect)

describe("a validating webhook", () => {
  it.live("lets pass, warns or refuses with its own words and reason, of typed objects", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { client } = yield* served([
        Webhooks.validating(Widget, ({ object, oldObject, operation, user, dryRun }) => {
          seen.push(
            `${operation} ${object?.metadata.name} ${oldObject?.spec.size ?? "-"} ${user.username} ${dryRun}`,
          )
          if ((object?.spec.size ?? 0) > 10) {
            return {
              allowed: false,
              reason: "Invalid",
              message: "spec.size must be at most 10",
              causes: [{ reason: "FieldValueInvalid", field: "spec.size", message: "at most 10" }],
            }
          }
          return undefined
        }),
      ])
      const made = yield* client.create(Widget, widget("a", { size: 3 }))
      yield* client.create(Widget, widget("b", { size: 3 }), { dryRun: true })
      yield* client.update(Widget, { ...made, spec: { size: 4 } })
      const refused = yield* refusal(client.create(Widget, widget("c", { size: 11 })))
      expect(refused.reason).toBe("Invalid")
      expect(refused.message).toContain("spec.size must be at most 10")
      expect(refused.status?.details?.causes).toMatchObject([{ field: "spec.size" }])
      expect(seen).toEqual([
        "CREATE a - admin false",
        "CREATE b - admin true",
        "UPDATE a 3 admin false",
        "CREATE c - admin false",
      ])
    }),
  )

  it.live("of deletions is asked with the old object", () =>
    Effect.gen(function* () {
      const { client } = yield* served([
        Webhooks.validating(
          ConfigMap,
          ({ oldObject }) =>
            oldObject?.metadata.name === "keep"
              ? { allowed: false, message: "it is kept" }
              : { allowed: true },
          { operations: ["DELETE"] },
        ),
      ])
      const key = { namespace: "default", name: "keep" }
      yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key })
      const refused = yield* refusal(client.delete(ConfigMap, key))
      expect(refused.reason).toBe("Forbidden")
      expect(refused.message).toContain("it is kept")
    }),
  )

  it.live("that throws fails the request and tells nobody why; with Ignore it lets pass", () =>
    Effect.gen(function* () {
      const broken = () => {
        throw new Error("secret inner state")
      }
      const first = yield* served([Webhooks.validating(Widget, broken)])
      const refused = yield* refusal(first.client.create(Widget, widget("a", {})))
      expect(refused.reason).toBe("InternalError")
      expect(refused.message).not.toContain("secret inner state")
      const second = yield* served([Webhooks.validating(Widget, broken, { failurePolicy: "Ignore" })])
      yield* second.client.create(Widget, widget("a", {}))
    }),
  )
})

describe("a mutating webhook", () => {
  it.live("returns the object as it is to be, or nothing, or a refusal", () =>
    Effect.gen(function* () {
      const { client } = yield* served([
        Webhooks.mutating(Widget, async (object) => {
          if (object.metadata.name === "no") return { allowed: false, message: "not this one" }
          if (object.spec.color !== undefined) return undefined
          const { size: _size, ...spec } = object.spec
          return {
            ...object,
            metadata: { ...object.metadata, labels: { ...object.metadata.labels, "a.b/c": "x" } },
            spec: { ...spec, color: "red" },
          }
        }),
      ])
      const changed = yield* client.create(Widget, widget("a", { size: 1 }))
      expect(changed.spec).toEqual({ color: "red" })
      expect(changed.metadata.labels).toEqual({ "a.b/c": "x" })
      const same = yield* client.create(Widget, widget("b", { size: 1, color: "blue" }))
      expect(same.spec).toEqual({ size: 1, color: "blue" })
      expect((yield* refusal(client.create(Widget, widget("no", {})))).message).toContain("not this one")
    }),
  )

  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonObject[string]>
  const documents = fc.dictionary(
    fc.string({ maxLength: 4 }).filter((name) => name !== "__proto__"),
    json,
  )
  it("sends a patch that makes of what it got what it returned", () => {
    fc.assert(
      fc.property(documents, documents, (before, after) => {
        const clean = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject
        const patch = jsonPatch(clean(before), clean(after))
        const { newDocument } = applyPatch(structuredClone(clean(before)), structuredClone(patch) as never)
        expect(newDocument).toEqual(clean(after))
      }),
    )
  })
})

describe("a conversion webhook", () => {
  const convert = (object: KubeObject, desired: string): KubeObject => {
    const { spec } = object as Widget
    const { size, amount, ...rest } = spec
    return desired.endsWith("/v2")
      ? ({ ...object, apiVersion: desired, spec: { ...rest, amount: size } } as Widget)
      : ({ ...object, apiVersion: desired, spec: { ...rest, size: amount } } as Widget)
  }

  it.live("serves each version of what is stored in another", () =>
    Effect.gen(function* () {
      const { client } = yield* served([Webhooks.conversion(Widget, convert)])
      const V2 = widgetKind("v2")
      const eventually = Effect.retry(client.create(V2, widget("a", { amount: 7 }, "v2")), { times: 50 })
      expect((yield* eventually).spec).toEqual({ amount: 7 })
      const key = { namespace: "default", name: "a" }
      expect((yield* client.get(Widget, key)).spec).toEqual({ size: 7 })
      expect((yield* client.list(V2)).items.map(({ spec }) => spec)).toEqual([{ amount: 7 }])
    }),
  )

  it("refuses what its function may not do", async () => {
    const review = (object: KubeObject) => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "ConversionReview",
      request: { uid: "u", desiredAPIVersion: "example.com/v2", objects: [object] },
    })
    const renaming = Webhooks.conversion(Widget, (object, apiVersion) => ({
      ...object,
      apiVersion,
      metadata: { ...object.metadata, name: "other" },
    }))
    expect(await renaming.answer(review(widget("a", {})))).toMatchObject({
      response: {
        uid: "u",
        result: { status: "Failed", message: "Widget a lost its name, namespace or uid" },
      },
    })
    const forgetting = Webhooks.conversion(Widget, (object) => object)
    expect(await forgetting.answer(review(widget("a", {})))).toMatchObject({
      response: { result: { message: "Widget a was converted to example.com/v1, not example.com/v2" } },
    })
  })
})

describe("the server", () => {
  const post = (
    url: string,
    ca: string,
    body: string | Buffer,
    headers: { readonly [name: string]: string } = {},
  ) =>
    Effect.promise(
      () =>
        new Promise<number>((resolve, reject) => {
          const request = https.request(
            url,
            { method: "POST", ca, agent: false, headers: { "content-type": "application/json", ...headers } },
            (response) => {
              response.resume()
              resolve(response.statusCode ?? 0)
            },
          )
          request.on("error", reject)
          request.end(body)
        }),
    )

  it.live("refuses what is no review, and reads no more than it may", () =>
    Effect.gen(function* () {
      const small: Webhook = { ...Webhooks.validating(Widget, () => undefined), maxBytes: 1000 }
      const { url, bundle } = yield* served([small])
      const path = `${url}${small.path}`
      expect(yield* post(path, bundle(), "nonsense")).toBe(400)
      expect(yield* post(path, bundle(), "{}")).toBe(400)
      expect(
        yield* post(path, bundle(), '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'),
      ).toBe(400)
      expect(yield* post(path, bundle(), "{}", { "content-type": "text/plain" })).toBe(415)
      expect(yield* post(path, bundle(), Buffer.alloc(2000, " "))).toBe(413)
      expect(yield* post(`${url}/elsewhere`, bundle(), "{}")).toBe(404)
    }),
  )

  it.live("shares its authority with its replicas by a Secret, and sets the configuration right", () =>
    Effect.gen(function* () {
      const secret = { namespace: "default", name: "webhook-authority" }
      const webhooks = [Webhooks.validating(Widget, () => ({ allowed: false, message: "no" }))]
      const { client, bundle } = yield* served(webhooks, { secret })
      const again = yield* serveWebhooks({ name: "test.example.com", webhooks, secret }).pipe(
        Effect.provideService(Client, client),
      )
      expect(again.bundle()).toBe(bundle())
      expect((yield* client.get(Secret, secret)).type).toBe("kubernetes.io/tls")
      const { webhooks: stored } = yield* client.get(ValidatingWebhookConfiguration, {
        namespace: "",
        name: "test.example.com",
      })
      expect(stored).toHaveLength(1)
      expect(stored?.[0]).toMatchObject({ name: "widgets.example.com.validating.test.example.com" })
      const refused = yield* Effect.exit(client.create(Widget, widget("a", {})))
      expect(Exit.isFailure(refused)).toBe(true)
    }),
  )
})
