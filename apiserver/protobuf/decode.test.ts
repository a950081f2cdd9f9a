import { readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { MutableObject } from "../machinery.ts"
import { decodeProtobuf } from "./decode.ts"
import { protobufKinds } from "./messages.ts"

const varint = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  bytes.push(rest)
  return bytes
}
const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)]
const bytes = (field: number, content: ReadonlyArray<number>): number[] => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
]
const text = (field: number, value: string): number[] => bytes(field, [...Buffer.from(value)])
const envelope = (apiVersion: string, kind: string, raw: ReadonlyArray<number>): Uint8Array =>
  Uint8Array.from([
    0x6b,
    0x38,
    0x73,
    0,
    ...bytes(1, [...text(1, apiVersion), ...text(2, kind)]),
    ...bytes(2, raw),
  ])

const meta = (name: string, more: ReadonlyArray<number> = []): number[] =>
  bytes(1, [
    ...text(1, name),
    ...text(2, ""),
    ...text(3, ""),
    ...text(5, ""),
    ...text(6, ""),
    ...number(7, 0),
    ...bytes(8, []),
    ...more,
  ])

test("a ConfigMap as kubectl posts it", () => {
  const entry = (key: string, value: string) => bytes(2, [...text(1, key), ...text(2, value)])
  expect(
    decodeProtobuf(envelope("v1", "ConfigMap", [...meta("a"), ...entry("k", "v"), ...entry("e", "")])),
  ).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
    data: { k: "v", e: "" },
  })
})

test("a Secret's values become base64", () => {
  const raw = [...meta("s"), ...bytes(2, [...text(1, "k"), ...bytes(2, [0, 255])]), ...text(3, "Opaque")]
  expect(decodeProtobuf(envelope("v1", "Secret", raw))).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { k: "AP8=" },
    type: "Opaque",
  })
})

test("times, lists, maps and negative numbers", () => {
  const labels = bytes(11, [...text(1, "a"), ...text(2, "b")])
  const time = bytes(8, number(1, 1_893_456_000))
  const negative = [...varint(10 * 8), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]
  const raw = bytes(1, [
    ...text(1, "n"),
    ...time,
    ...negative,
    ...labels,
    ...text(14, "x/one"),
    ...text(14, "x/two"),
  ])
  expect(decodeProtobuf(envelope("v1", "Namespace", raw))).toEqual({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: "n",
      creationTimestamp: "2030-01-01T00:00:00Z",
      deletionGracePeriodSeconds: -1,
      labels: { a: "b" },
      finalizers: ["x/one", "x/two"],
    },
  })
})

test("a Lease keeps microseconds and explicit zeros", () => {
  const spec = bytes(2, [
    ...text(1, "me"),
    ...number(2, 15),
    ...bytes(4, [...number(1, 1_893_456_000), ...number(2, 120_000)]),
    ...number(5, 0),
  ])
  expect(decodeProtobuf(envelope("coordination.k8s.io/v1", "Lease", [...meta("l"), ...spec]))?.spec).toEqual({
    holderIdentity: "me",
    leaseDurationSeconds: 15,
    renewTime: "2030-01-01T00:00:00.000120Z",
    leaseTransitions: 0,
  })
})

test("a FlowSchema and its level, with what is set to nothing on purpose", () => {
  const subject = bytes(1, [...text(1, "Group"), ...bytes(3, text(1, "readers"))])
  const rule = bytes(2, [
    ...text(1, "*"),
    ...text(2, ""),
    ...text(3, "pods"),
    ...number(4, 1),
    ...text(5, "*"),
  ])
  const paths = bytes(3, [...text(1, "get"), ...text(6, "/healthz")])
  const spec = bytes(2, [
    ...bytes(1, text(1, "low")),
    ...number(2, 50),
    ...bytes(3, text(1, "ByUser")),
    ...bytes(4, [...subject, ...rule, ...paths]),
  ])
  const flow = envelope("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", [
    ...meta("f"),
    ...spec,
    ...bytes(3, []),
  ])
  expect(decodeProtobuf(flow)?.spec).toEqual({
    priorityLevelConfiguration: { name: "low" },
    matchingPrecedence: 50,
    distinguisherMethod: { type: "ByUser" },
    rules: [
      {
        subjects: [{ kind: "Group", group: { name: "readers" } }],
        resourceRules: [
          { verbs: ["*"], apiGroups: [""], resources: ["pods"], clusterScope: true, namespaces: ["*"] },
        ],
        nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }],
      },
    ],
  })
  const queuing = bytes(2, [...number(1, 8), ...number(2, 2), ...number(3, 10)])
  const limited = bytes(2, [...number(1, 0), ...bytes(2, [...text(1, "Queue"), ...queuing]), ...number(4, 0)])
  const raw = [...meta("l"), ...bytes(2, [...text(1, "Limited"), ...limited])]
  const level = envelope("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", raw)
  expect(decodeProtobuf(level)?.spec).toEqual({
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 0,
      limitResponse: { type: "Queue", queuing: { queues: 8, handSize: 2, queueLengthLimit: 10 } },
      borrowingLimitPercent: 0,
    },
  })
})

test("unknown fields are passed over, unknown kinds are not decoded", () => {
  const raw = [
    ...meta("a"),
    ...text(99, "x"),
    ...varint(98 * 8 + 1),
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    ...varint(97 * 8 + 5),
    1,
    2,
    3,
    4,
  ]
  expect(decodeProtobuf(envelope("v1", "ConfigMap", raw))?.metadata).toEqual({ name: "a" })
  expect(decodeProtobuf(envelope("apps/v1", "Deployment", []))).toBeUndefined()
})

interface Recorded {
  readonly command: string
  readonly body: string
  readonly object: MutableObject
}

const recorded: ReadonlyArray<Recorded> = JSON.parse(
  readFileSync(join(import.meta.dirname, "testdata", "kubectl-1.33.json"), "utf8"),
)

describe("what kubectl 1.33 posts for", () => {
  test.each(recorded)("$command", ({ body, object }) => {
    expect(decodeProtobuf(Buffer.from(body, "base64"))).toEqual(object)
  })
})

const crd = "apiextensions.k8s.io/v1/CustomResourceDefinition".split(/\/(?=[A-Z])/)
const schemaOf = (properties: ReadonlyArray<number>): MutableObject => {
  const version = bytes(7, [
    ...text(1, "v1"),
    ...number(2, 1),
    ...number(3, 0),
    ...bytes(4, bytes(1, properties)),
  ])
  const object = decodeProtobuf(envelope(crd[0] ?? "", crd[1] ?? "", bytes(2, version)))
  return JSON.parse(JSON.stringify(object)).spec.versions[0]
}

test("a CustomResourceDefinition keeps what was set to a zero value, and drops what was not set", () => {
  const half = [...varint(9 * 8 + 1), 0, 0, 0, 0, 0, 0, 0xe0, 0x3f]
  const zero = [...varint(11 * 8 + 1), 0, 0, 0, 0, 0, 0, 0, 0]
  const schema = [...text(5, "object"), ...text(6, ""), ...half, ...zero, ...number(10, 0), ...number(14, 0)]
  expect(schemaOf(schema)).toEqual({
    name: "v1",
    served: true,
    storage: false,
    schema: { openAPIV3Schema: { type: "object", maximum: 0.5, minimum: 0, minLength: 0 } },
  })
})

test("a schema holds schemas, JSON, and one of several forms", () => {
  const property = (key: string, schema: ReadonlyArray<number>) =>
    bytes(29, [...text(1, key), ...bytes(2, schema)])
  const json = (field: number, value: string) => bytes(field, text(1, value))
  const listed = bytes(24, bytes(1, text(5, "string")))
  const open = bytes(30, [...number(1, 1), ...bytes(2, text(5, "string"))])
  const closed = bytes(30, number(1, 0))
  const { schema } = schemaOf([
    ...property("a", listed),
    ...property("b", open),
    ...property("c", closed),
    ...property("d", [...json(8, '{"x":[1]}'), ...json(20, '"one"'), ...json(20, "2")]),
  ])
  expect(schema).toEqual({
    openAPIV3Schema: {
      properties: {
        a: { items: { type: "string" } },
        b: { additionalProperties: { type: "string" } },
        c: { additionalProperties: false },
        d: { default: { x: [1] }, enum: ["one", 2] },
      },
    },
  })
})

test("a Pod: inlined sources, quantities, ports by number and by name", () => {
  const port = (value: ReadonlyArray<number>) => bytes(10, bytes(1, bytes(2, bytes(2, value))))
  const byName = [...number(1, 1), ...number(2, 0), ...text(3, "web")]
  const byNumber = [...number(1, 0), ...number(2, 80), ...text(3, "")]
  const limit = bytes(8, bytes(1, [...text(1, "cpu"), ...bytes(2, text(1, "500m"))]))
  const container = (probe: ReadonlyArray<number>) =>
    bytes(2, [...text(1, "c"), ...port(probe), ...limit, ...number(16, 0)])
  const volume = bytes(1, [...text(1, "v"), ...bytes(2, bytes(2, []))])
  const raw = bytes(2, [...volume, ...container(byName), ...container(byNumber), ...bytes(18, bytes(1, []))])
  const expected = (value: number | string) => ({
    name: "c",
    livenessProbe: { httpGet: { port: value } },
    resources: { limits: { cpu: "500m" } },
  })
  expect(decodeProtobuf(envelope("v1", "Pod", raw))?.spec).toEqual({
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [expected("web"), expected(80)],
    affinity: {},
  })
})

test.each([
  ["nested deeper than any object", "json", `${"[".repeat(500)}${"]".repeat(500)}`],
  ["a prototype", "json", '{"a":{"__proto__":{}}}'],
  ["no JSON", "json", "{"],
])("JSON inside a body that is %s is refused", (_name, _where, value) => {
  expect(() => schemaOf(bytes(8, text(1, value)))).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ reason: "BadRequest" }) }),
  )
})

test("schemas inside schemas without an end are refused", () => {
  let schema: ReadonlyArray<number> = text(5, "object")
  for (let depth = 0; depth < 400; depth++) schema = bytes(28, schema)
  expect(() => schemaOf(schema)).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ reason: "BadRequest" }) }),
  )
})

/** Wire fields of low numbers, so that most are known, nested in each other. */
const hostile: fc.Arbitrary<number[]> = fc.letrec<{ fields: number[]; field: number[] }>((tie) => ({
  fields: fc.array(tie("field"), { maxLength: 6 }).map((parts) => parts.flat()),
  field: fc.oneof(
    { maxDepth: 6 },
    fc.tuple(fc.integer({ min: 1, max: 45 }), fc.nat()).map(([at, value]) => number(at, value)),
    fc.tuple(fc.integer({ min: 1, max: 45 }), fc.string()).map(([at, value]) => text(at, value)),
    fc.tuple(fc.integer({ min: 1, max: 45 }), tie("fields")).map(([at, value]) => bytes(at, value)),
  ),
})).fields

test("any bytes are decoded or refused as BadRequest", () => {
  const kinds = fc.constantFrom(...protobufKinds).map((typeMeta) => typeMeta.split(/\/(?=[A-Z])/))
  const damaged = fc
    .tuple(fc.oneof(hostile, fc.uint8Array({ maxLength: 60 })), kinds)
    .map(([raw, [apiVersion = "", kind = ""]]) => envelope(apiVersion, kind, [...raw]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), damaged), (body) => {
      try {
        const object = decodeProtobuf(body)
        expect(JSON.parse(JSON.stringify(object ?? null))).toEqual(object ?? null)
      } catch (error) {
        expect(error).toMatchObject({ reason: "BadRequest" })
      }
    }),
    { numRuns: 3_000 },
  )
})
