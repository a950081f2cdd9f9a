/** Large objects: long lists, many keys, the same one over and over. */
import type { JsonObject } from "../../../schemas/index.ts"
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
import { json, keyed, type Make, many, post, text, withMetadata } from "./bulk-request.ts"

const [hook] = validatingWebhooks.object("bulk").webhooks as ReadonlyArray<JsonObject>
const configMap = configMaps.object("bulk")
const widget = widgets.object("bulk")
const account = serviceAccounts.object("bulk")

export const bulkObjects: ReadonlyArray<Make> = [
  (count) => post(configMaps, text({ ...configMap, data: keyed(count) })),
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
          validations: many(count, (index) => ({ expression: `object.metadata.name != 'n${index}'` })),
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
          variables: many(count, (index) => ({
            name: `v${index}`,
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
          "x-kubernetes-validations": many(count, (index) => ({ rule: `self.spec.color != 'c${index}'` })),
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
  (count) =>
    post(
      validatingWebhooks,
      text({
        ...validatingWebhooks.object("bulk"),
        webhooks: many(count, (index) => ({ ...hook, name: `h${index}.example.com` })),
      }),
    ),
  (count) =>
    post(
      validatingWebhooks,
      text({
        ...validatingWebhooks.object("bulk"),
        webhooks: many(Math.ceil(count / 64), (index) => ({
          ...hook,
          name: `h${index}.example.com`,
          matchConditions: many(64, (at) => ({ name: `c${at}`, expression: "true" })),
        })),
      }),
    ),
  (count) =>
    post(
      policies,
      text({
        ...policies.object("bulk"),
        spec: {
          ...(policies.object("bulk").spec as JsonObject),
          matchConditions: many(count, (index) => ({ name: `c${index}`, expression: "true" })),
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
          auditAnnotations: many(count, (index) => ({ key: `k${index}`, valueExpression: "'a'" })),
        },
      }),
    ),
  (count) =>
    post(
      crds,
      text({
        ...crds.object("bulks.bulk.example.com"),
        spec: {
          ...customKind("bulk.example.com", "bulks", widgetSchema),
          names: { plural: "bulks", kind: "Bulk", shortNames: many(count, (index) => `s${index}`) },
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
          properties: { a: { type: "string", enum: many(count, (index) => `e${index}`) } },
        }),
      }),
    ),
  (count) => ({
    method: "DELETE",
    url: `${pathOf(configMaps)}/none`,
    type: json,
    body: text({ dryRun: many(count, () => "All") }),
  }),
]
