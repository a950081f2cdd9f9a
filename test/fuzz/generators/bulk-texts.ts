/** Large texts: YAML, JSON and protobuf that cost most to read, and endless queries. */
import { configMaps, pathOf } from "../corpus.ts"
import { json, type Make, many, post } from "./bulk-request.ts"

export const bulkTexts: ReadonlyArray<Make> = [
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
  (count) =>
    post(
      configMaps,
      `${many(Math.min(count, 60_000), (index) => `k${index}: b`).join("\n")}\n`,
      "application/yaml",
    ),
  (count) =>
    post(
      configMaps,
      `${many(Math.min(count, 9_000), (index) => `a${index}: &a${index} x`).join("\n")}\nb: [${many(Math.min(count * 5, 100_000), (index) => `*a${index % Math.min(count, 9_000)}`).join(",")}]\n`,
      "application/yaml",
    ),
  (count) =>
    post(
      configMaps,
      `{${many(Math.min(count, 60_000), (index) => `k${index}: b`).join(", ")}, x: y}`,
      "application/yaml",
    ),
  (count) => post(configMaps, `a: [${"x, ".repeat(Math.min(count * 5, 300_000))}y]`, "application/yaml"),
  (count) => post(configMaps, `a: ${"x ".repeat(Math.min(count * 5, 400_000))}`, "application/yaml"),
  (count) => post(configMaps, `a: >\n${"  x\n\n".repeat(Math.min(count * 5, 150_000))}`, "application/yaml"),
  (count) => post(configMaps, `${"# c\n".repeat(Math.min(count * 5, 200_000))}a: b`, "application/yaml"),
  (count) => post(configMaps, `${"\n".repeat(Math.min(count * 20, 900_000))}a: b`, "application/yaml"),
  (count) => post(configMaps, `${"--- x\n".repeat(Math.min(count * 5, 150_000))}`, "application/yaml"),
  (count) => post(configMaps, `a: "${"\\\n".repeat(Math.min(count * 5, 300_000))}"`, "application/yaml"),
  (count) => post(configMaps, `${"!!str ".repeat(Math.min(count * 5, 100_000))}x`, "application/yaml"),
  (count) => post(configMaps, `${"? ".repeat(Math.min(count, 20_000))}x`, "application/yaml"),
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
