import fc from "fast-check"
import { expect, test } from "vitest"
import { decodeProtobuf } from "./decode.ts"

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

test("any bytes are decoded or refused as BadRequest", () => {
  const damaged = fc
    .tuple(fc.uint8Array({ maxLength: 60 }), fc.constantFrom("ConfigMap", "Secret", "Event", "Namespace"))
    .map(([raw, kind]) => envelope("v1", kind, [...raw]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), damaged), (body) => {
      try {
        decodeProtobuf(body)
      } catch (error) {
        expect(error).toMatchObject({ reason: "BadRequest" })
      }
    }),
    { numRuns: 2_000 },
  )
})
