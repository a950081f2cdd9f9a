/** Requests as large as they may be, made so that careless code takes the square of their size. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import {
  clusterRoles,
  configMaps,
  crds,
  customKind,
  endpointSlices,
  pathOf,
  policies,
  sandboxes,
  secrets,
  serviceAccounts,
  services,
  validatingWebhooks,
  widgetSchema,
  widgets,
} from "../corpus.ts"
import type { Draft, FuzzRequest } from "../request.ts"
import type { Slice } from "../slice.ts"
import { fixed, pick } from "./parts.ts"

const json = "application/json"
const merge = "application/merge-patch+json"
const strategic = "application/strategic-merge-patch+json"
const apply = "application/apply-patch+yaml"
const jsonPatch = "application/json-patch+json"

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const keyed = (count: number, value: Json = "v", prefix = "k"): JsonObject =>
  Object.fromEntries(many(count, (index) => [`${prefix}${index}`, value]))
const text = (value: Json): string => JSON.stringify(value)
const withMetadata = (object: JsonObject, metadata: JsonObject): JsonObject => ({
  ...object,
  metadata: { ...(object.metadata as JsonObject), ...metadata },
})

interface Bulk {
  readonly method: string
  readonly url: string
  readonly type: string
  readonly body: string | Uint8Array
}

/** By how many things there are, up to what a body holds. */
type Make = (count: number) => Bulk

const post = (kind: typeof configMaps, body: string | Uint8Array, type = json): Bulk => ({
  method: "POST",
  url: pathOf(kind),
  type,
  body,
})
const patch = (kind: typeof configMaps, type: string, body: string, query = ""): Bulk => ({
  method: "PATCH",
  url: `${pathOf(kind)}/base${query}`,
  type,
  body,
})
const applied = (kind: typeof configMaps, body: JsonObject): Bulk =>
  patch(kind, apply, text(body), "?fieldManager=bulk&force=true")

const [hook] = validatingWebhooks.object("bulk").webhooks as ReadonlyArray<JsonObject>
const configMap = configMaps.object("bulk")
const widget = widgets.object("bulk")
const account = serviceAccounts.object("bulk")

export const bodies: ReadonlyArray<Make> = [
  (count) => post(configMaps, text({ ...configMap, data: keyed(count) })),
  (count) =>
    post(
      configMaps,
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bulk"},"data":{${many(count, () => '"a":"b"').join(",")}}}`,
    ),
  (count) => ({
    ...post(
      configMaps,
      `{"kind":"ConfigMap","metadata":{"name":"bulk"},${many(count, (index) => `"u${index}":1`).join(",")}}`,
    ),
    url: `${pathOf(configMaps)}?fieldValidation=Strict`,
  }),
  (count) =>
    post(
      configMaps,
      `{"kind":"ConfigMap","metadata":{"name":"bulk"},"data":{"k":"${"\\u0000".repeat(Math.min(count * 4, 400_000))}"}}`,
    ),
  (count) => post(configMaps, `${"[".repeat(Math.min(count * 20, 2_900_000))}`),
  (count) => post(configMaps, `{"a":${"[[[[[],".repeat(Math.min(count, 400_000))}`),
  (count) => post(configMaps, text(withMetadata(configMap, { labels: keyed(count) }))),
  (count) => post(configMaps, text(withMetadata(configMap, { annotations: keyed(count) }))),
  (count) =>
    post(
      configMaps,
      text(
        withMetadata(configMap, {
          finalizers: many(count, (index) => `example.com/f${index % 2 === 0 ? index : 0}`),
        }),
      ),
    ),
  (count) =>
    post(
      configMaps,
      text(
        withMetadata(configMap, {
          ownerReferences: many(count, (index) => ({
            apiVersion: "v1",
            kind: "Secret",
            name: `n${index}`,
            uid: `u${index % 3 === 0 ? 0 : index}`,
          })),
        }),
      ),
    ),
  (count) =>
    post(
      configMaps,
      text(
        withMetadata(configMap, {
          managedFields: many(count, (index) => ({
            manager: `m${index}`,
            operation: "Update",
            apiVersion: "v1",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { [`f:k${index}`]: {} } },
          })),
        }),
      ),
    ),
  (count) =>
    post(widgets, text({ ...widget, spec: { parts: many(count, (index) => ({ name: `p${index}` })) } })),
  (count) => post(widgets, text({ ...widget, spec: { parts: many(count, () => ({ name: "same" })) } })),
  (count) => post(widgets, text({ ...widget, spec: { tags: many(count, (index) => `t${index % 7}`) } })),
  (count) =>
    post(
      widgets,
      text({ ...widget, spec: { open: { list: many(count, (index) => ({ [`k${index}`]: [index] })) } } }),
    ),
  (count) => post(widgets, text({ ...widget, spec: { color: "a".repeat(count * 10) } })),
  (count) =>
    post(serviceAccounts, text({ ...account, secrets: many(count, (index) => ({ name: `s${index}` })) })),
  (count) =>
    post(
      services,
      text({
        ...services.object("bulk"),
        spec: {
          ports: many(count, (index) => ({ name: `p${index}`, port: 1 + (index % 60_000), protocol: "TCP" })),
        },
      }),
    ),
  (count) =>
    post(
      services,
      text({
        ...services.object("bulk"),
        spec: { ports: many(count, () => ({ name: "p", port: 80, protocol: "TCP" })) },
      }),
    ),
  (count) =>
    post(
      endpointSlices,
      text({
        ...endpointSlices.object("bulk"),
        endpoints: many(count, (index) => ({ addresses: [`10.0.${(index >> 8) & 255}.${index & 255}`] })),
      }),
    ),
  (count) =>
    post(
      sandboxes,
      text({
        ...sandboxes.object("bulk"),
        spec: { containers: many(count, (index) => ({ name: `c${index}`, image: "i" })) },
      }),
    ),
  (count) =>
    post(
      sandboxes,
      text({
        ...sandboxes.object("bulk"),
        spec: {
          containers: [
            { name: "c", image: "i", env: many(count, (index) => ({ name: `E${index % 5}`, value: "v" })) },
          ],
        },
      }),
    ),
  (count) =>
    post(
      clusterRoles,
      text({
        ...clusterRoles.object("bulk"),
        aggregationRule: null,
        rules: many(count, (index) => ({ apiGroups: [`g${index}`], resources: ["r"], verbs: ["get"] })),
      }),
    ),
  (count) => post(secrets, text({ ...secrets.object("bulk"), stringData: keyed(count) })),
  (count) =>
    post(
      policies,
      text({
        ...policies.object("bulk"),
        spec: {
          ...(policies.object("bulk").spec as JsonObject),
          validations: many(count, (index) => ({ expression: `object.metadata.name != 'n${index}'`,
          })),
        },
      }),
    ),
  (count) =>
    post(
      policies,
      text({
        ...policies.object("bulk"),
        spec: {
          ...(policies.object("bulk").spec as JsonObject),
          variables: many(count, (index) => ({ name: `v${index}`,
            expression: index === 0 ? "1" : `variables.v${index - 1} + variables.v${index - 1}`,
          })),
        },
      }),
    ),
  (count) =>
    post(
      crds,
      text({
        ...crds.object("bulks.bulk.example.com"),
        spec: customKind("bulk.example.com", "bulks", {
          type: "object",
          properties: {
            ...(widgetSchema.properties as JsonObject),
            more: {
              type: "object",
              properties: keyed(count, { type: "string", pattern: "^a+$", maxLength: 5 }),
            },
          },
        }),
      }),
    ),
  (count) =>
    post(
      crds,
      text({
        ...crds.object("bulks.bulk.example.com"),
        spec: customKind("bulk.example.com", "bulks", {
          ...widgetSchema,
          "x-kubernetes-validations": many(count, (index) => ({ rule: `self.spec.color != 'c${index}'`,
          })),
        }),
      }),
    ),
  (count) =>
    post(
      crds,
      text({
        ...crds.object("bulks.bulk.example.com"),
        spec: {
          ...customKind("bulk.example.com", "bulks", widgetSchema),
          versions: many(Math.min(count, 500), (index) => ({
            name: `v${index}`,
            served: true,
            storage: index === 0,
            schema: { openAPIV3Schema: widgetSchema },
          })),
        },
      }),
    ),
  (count) => post(validatingWebhooks, text({ ...validatingWebhooks.object("bulk"), webhooks: many(count, (index) => ({ ...hook, name: `h${index}.example.com` })) })),
  (count) => post(validatingWebhooks, text({ ...validatingWebhooks.object("bulk"), webhooks: many(Math.ceil(count / 64), (index) => ({ ...hook, name: `h${index}.example.com`, matchConditions: many(64, (at) => ({ name: `c${at}`, expression: "true" })) })) })),
  (count) => post(policies, text({ ...policies.object("bulk"), spec: { ...(policies.object("bulk").spec as JsonObject), matchConditions: many(count, (index) => ({ name: `c${index}`, expression: "true" })) } })),
  (count) => post(policies, text({ ...policies.object("bulk"), spec: { ...(policies.object("bulk").spec as JsonObject), auditAnnotations: many(count, (index) => ({ key: `k${index}`, valueExpression: "'a'" })) } })),
  (count) => post(crds, text({ ...crds.object("bulks.bulk.example.com"), spec: { ...customKind("bulk.example.com", "bulks", widgetSchema), names: { plural: "bulks", kind: "Bulk", shortNames: many(count, (index) => `s${index}`) } } })),
  (count) => post(crds, text({ ...crds.object("bulks.bulk.example.com"), spec: customKind("bulk.example.com", "bulks", { type: "object", properties: { a: { type: "string", enum: many(count, (index) => `e${index}`) } } }) })),
  (count) => post(configMaps, `${many(Math.min(count, 60_000), (index) => `k${index}: b`).join("\n")}\n`, "application/yaml"),
  (count) => post(configMaps, `${many(Math.min(count, 9_000), (index) => `a${index}: &a${index} x`).join("\n")}\nb: [${many(Math.min(count * 5, 100_000), (index) => `*a${index % Math.min(count, 9_000)}`).join(",")}]\n`, "application/yaml"),
  (count) => post(configMaps, `{${many(Math.min(count, 60_000), (index) => `k${index}: b`).join(", ")}, x: y}`, "application/yaml"),
  (count) => post(configMaps, `a: [${"x, ".repeat(Math.min(count * 5, 300_000))}y]`, "application/yaml"),
  (count) => post(configMaps, `a: ${"x ".repeat(Math.min(count * 5, 400_000))}`, "application/yaml"),
  (count) => post(configMaps, `a: >\n${"  x\n\n".repeat(Math.min(count * 5, 150_000))}`, "application/yaml"),
  (count) => post(configMaps, `${"# c\n".repeat(Math.min(count * 5, 200_000))}a: b`, "application/yaml"),
  (count) => post(configMaps, `${"\n".repeat(Math.min(count * 20, 900_000))}a: b`, "application/yaml"),
  (count) => post(configMaps, `${"--- x\n".repeat(Math.min(count * 5, 150_000))}`, "application/yaml"),
  (count) => post(configMaps, `a: "${"\\\n".repeat(Math.min(count * 5, 300_000))}"`, "application/yaml"),
  (count) => post(configMaps, `${"!!str ".repeat(Math.min(count * 5, 100_000))}x`, "application/yaml"),
  (count) => post(configMaps, `${"? ".repeat(Math.min(count, 20_000))}x`, "application/yaml"),
  (count) => patch(configMaps, merge, text({ data: keyed(count) })),
  (count) => patch(configMaps, merge, text({ data: keyed(count, null) })),
  (count) =>
    patch(serviceAccounts, strategic, text({ secrets: many(count, (index) => ({ name: `s${index}` })) })),
  (count) =>
    patch(
      serviceAccounts,
      strategic,
      text({ secrets: many(count, (index) => ({ name: `s${index}`, $patch: "delete" })) }),
    ),
  (count) =>
    patch(
      serviceAccounts,
      strategic,
      text({
        secrets: many(count, (index) => ({ name: `s${index}` })),
        "$setElementOrder/secrets": many(count, (index) => ({ name: `s${count - index}` })),
      }),
    ),
  (count) =>
    patch(
      configMaps,
      strategic,
      text({
        metadata: {
          "$deleteFromPrimitiveList/finalizers": many(count, (index) => `f${index}`),
          finalizers: many(count, (index) => `example.com/f${index}`),
          "$setElementOrder/finalizers": many(count, (index) => `example.com/f${count - index}`),
        },
      }),
    ),
  (count) =>
    patch(
      services,
      strategic,
      text({
        spec: {
          ports: many(count, (index) => ({ port: index + 1 })),
          "$setElementOrder/ports": many(count, (index) => ({ port: count - index })),
        },
      }),
    ),
  (count) =>
    patch(
      configMaps,
      strategic,
      text({ data: { $retainKeys: many(count, (index) => `k${index}`), ...keyed(count) } }),
    ),
  (count) =>
    applied(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "base" },
      data: keyed(count),
    }),
  (count) =>
    applied(serviceAccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "base" },
      secrets: many(count, (index) => ({ name: `s${index}` })),
    }),
  (count) =>
    applied(widgets, {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "base" },
      spec: { tags: many(count, (index) => `t${index}`), open: { list: many(count, (index) => index) } },
    }),
  (count) =>
    applied(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "base" },
      spec: { ports: many(count, (index) => ({ port: index + 1, protocol: "TCP", name: `p${index}` })) },
    }),
  (count) =>
    patch(
      widgets,
      jsonPatch,
      text(
        many(Math.min(count, 10_000), (index) => ({ op: "add", path: "/spec/tags/0", value: `t${index}` })),
      ),
    ),
  (count) =>
    patch(
      configMaps,
      jsonPatch,
      text([
        { op: "add", path: "/data", value: { a: "x".repeat(1_000) } },
        ...many(Math.min(count, 9_999), (index) => ({
          op: "copy",
          from: "/data/a",
          path: `/data/b${index}`,
        })),
      ]),
    ),
  (count) =>
    patch(
      configMaps,
      jsonPatch,
      text(
        many(Math.min(count, 10_000), (index) => ({
          op: "test",
          path: "/data/k",
          value: { [`a${index}`]: many(20, (at) => at) },
        })),
      ),
    ),
  (count) =>
    patch(
      widgets,
      jsonPatch,
      text([
        { op: "add", path: "/spec/open", value: { list: many(5_000, (at) => at) } },
        ...many(Math.min(count, 9_000), (index) => ({
          op: "move",
          from: "/spec/open/list/0",
          path: `/spec/open/list/${4_998 - (index % 3)}`,
        })),
      ]),
    ),
  (count) => ({
    method: "PATCH",
    url: `${pathOf(configMaps)}/base`,
    type: jsonPatch,
    body: text([{ op: "replace", path: `/${"a/".repeat(count * 5)}`, value: 1 }]),
  }),
  (count) =>
    post(
      configMaps,
      `${many(Math.min(count, 30_000), (index) => `k${index}: &a${index} [x]`).join("\n")}\n`,
      "application/yaml",
    ),
  (count) =>
    post(
      configMaps,
      `a: &a [${"x,".repeat(1_000)}x]\nb: [${many(Math.min(count, 90), () => "*a").join(",")}]\nc: &c [${many(Math.min(count, 90), () => "*a").join(",")}]`,
      "application/yaml",
    ),
  (count) =>
    post(configMaps, `${many(Math.min(count, 20_000), () => "a: b").join("\n")}\n`, "application/yaml"),
  (count) =>
    post(
      configMaps,
      `${" ".repeat(Math.min(count, 1_000))}- x\n`.repeat(Math.min(count, 400)),
      "application/yaml",
    ),
  (count) =>
    post(
      configMaps,
      `a: "${"\\x41".repeat(Math.min(count * 3, 200_000))}"\nb: |\n${" x\n".repeat(Math.min(count * 3, 200_000))}`,
      "application/yaml",
    ),
  (count) =>
    post(
      configMaps,
      `${"[".repeat(Math.min(count, 20_000))}${"]".repeat(Math.min(count, 20_000))}`,
      "application/yaml",
    ),
  (count) => post(configMaps, `${"{a: ".repeat(Math.min(count, 20_000))}`, "application/yaml"),
  (count) => post(configMaps, `${"- ".repeat(Math.min(count, 40_000))}x`, "application/yaml"),
  (count) =>
    post(
      configMaps,
      Buffer.concat([
        Buffer.from("k8s\0"),
        Buffer.alloc(Math.min(count * 20, 2_000_000), Buffer.from([0x0a, 0x00])),
      ]),
      "application/vnd.kubernetes.protobuf",
    ),
  (count) => ({
    method: "DELETE",
    url: `${pathOf(configMaps)}/none`,
    type: json,
    body: text({ dryRun: many(count, () => "All") }),
  }),
  (count) => ({
    method: "GET",
    url: `${pathOf(configMaps)}?labelSelector=${many(Math.min(count, 2_500), (index) => `a${index}`).join(",")}`,
    type: json,
    body: "",
  }),
  (count) => ({
    method: "GET",
    url: `${pathOf(configMaps)}?fieldSelector=${many(Math.min(count, 700), () => "metadata.name!=a").join(",")}`,
    type: json,
    body: "",
  }),
  (count) => ({
    method: "GET",
    url: `${pathOf(configMaps)}?${many(Math.min(count, 3_000), (index) => `q${index}`).join("&")}`,
    type: json,
    body: "",
  }),
]

const roles: Make = (count) =>
  post(
    clusterRoles,
    text({
      kind: "ClusterRole",
      apiVersion: "rbac.authorization.k8s.io/v1",
      metadata: { name: "wide" },
      rules: [
        {
          apiGroups: many(Math.min(count, 3_000), (index) => `g${index}`),
          resources: many(Math.min(count, 3_000), (index) => `r${index}`),
          verbs: many(Math.min(count, 3_000), (index) => `v${index}`),
        },
      ],
    }),
  )

export const request = ({ method, url, type, body }: Bulk): FuzzRequest => ({
  method,
  url,
  headers: method === "GET" ? {} : { "content-type": type },
  body: typeof body === "string" ? Buffer.from(body) : body,
})

const draft: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...bodies, roles),
    fc.oneof(
      { weight: 4, arbitrary: pick(1, 3, 10, 20) },
      { weight: 2, arbitrary: pick(100, 1_000) },
      { weight: 1, arbitrary: pick(10_000, 40_000) },
    ),
  )
  .map(([make, count]) => {
    const made = request(make(count))
    // A body that is too large says nothing: the most that may be sent does.
    return fixed(made.body.length > 3_100_000 ? { ...made, body: made.body.subarray(0, 3_000_000) } : made)
  })
const reset: fc.Arbitrary<Draft> = pick(
  configMaps,
  widgets,
  serviceAccounts,
  services,
  secrets,
  endpointSlices,
  sandboxes,
  clusterRoles,
  policies,
).map((kind) => fixed({ method: "DELETE", url: `${pathOf(kind)}/bulk`, headers: {}, body: new Uint8Array() }))

export const bulk: Slice = {
  name: "bulk",
  about: "requests as large as they may be, made so that careless code takes the square of their size",
  weight: 0.1,
  draft: fc.oneof({ weight: 5, arbitrary: draft }, { weight: 2, arbitrary: reset }),
}
