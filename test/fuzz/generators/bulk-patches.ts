/** Large patches: many operations, directives and owned fields. */
import { configMaps, pathOf, serviceAccounts, services, widgets } from "../corpus.ts"
import { applied, jsonPatch, keyed, type Make, many, merge, patch, strategic, text } from "./bulk-request.ts"

export const bulkPatches: ReadonlyArray<Make> = [
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
]
