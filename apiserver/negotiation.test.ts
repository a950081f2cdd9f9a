import { expect, test } from "vitest"
import { negotiate, type View } from "./negotiation.ts"

const views = new Set<View>(["", "Table", "PartialObjectMetadata"])
const asked = (accept: string | undefined, more: { userAgent?: string; query?: string } = {}) =>
  negotiate({ accept, userAgent: more.userAgent, query: new URLSearchParams(more.query) }, views)

test.each([
  [undefined, "json", ""],
  ["", "json", ""],
  ["*/*", "json", ""],
  ["application/vnd.kubernetes.protobuf,application/json", "json", ""],
  ["application/yaml", "yaml", ""],
  ["application/json;q=0.5,application/yaml", "yaml", ""],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "json", "Table"],
  ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "json", ""],
  ["application/json;as=Other;g=meta.k8s.io;v=v1,application/json", "json", ""],
  ["application/json;charset=utf-8", "json", ""],
  [
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    "json",
    "PartialObjectMetadata",
  ],
])("Accept %j gives %s %s", (accept, encoding, view) => {
  expect(asked(accept)).toMatchObject({ encoding, view })
})

test.each([
  "text/html",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  "application/json;q=0",
])("Accept %j is refused", (accept) => {
  expect(() => asked(accept)).toThrow(expect.objectContaining({ reason: "NotAcceptable" }))
})

test("people get indented JSON", () => {
  expect(asked("*/*", { userAgent: "curl/8.0" }).pretty).toBe(true)
  expect(asked("*/*", { query: "pretty=true" }).pretty).toBe(true)
  expect(asked("*/*", { userAgent: "curl/8.0", query: "pretty=false" }).pretty).toBe(false)
  expect(asked("*/*", { userAgent: "kubectl/v1.33" }).pretty).toBe(false)
})
