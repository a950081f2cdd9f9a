import fc from "fast-check"
import { expect, test } from "vitest"
import { decodeDocument, encodeDocument, restamped, withResourceVersion } from "./document.ts"

const document = (metadata: object, rest: object = {}) =>
  ({ ...rest, kind: "K", metadata, apiVersion: "g/v1" }) as never

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

test("a stored document has one order of keys, and no resourceVersion", () => {
  const a = encodeDocument(
    document(
      { name: "n", labels: { b: "1", a: "2" }, resourceVersion: "7" },
      { z: 1, spec: { y: 1, x: [{ d: 1, c: 2 }] } },
    ),
  )
  const b = encodeDocument(
    document({ labels: { a: "2", b: "1" }, name: "n" }, { spec: { x: [{ c: 2, d: 1 }], y: 1 }, z: 1 }),
  )
  expect(text(a)).toBe(text(b))
  expect(text(a)).toBe(
    '{"apiVersion":"g/v1","kind":"K","metadata":{"labels":{"a":"2","b":"1"},"name":"n"},"spec":{"x":[{"c":2,"d":1}],"y":1},"z":1}',
  )
})

test("the resourceVersion is put in front of the metadata, and the rest of the bytes stay", () => {
  const stored = encodeDocument(document({ name: "n" }))
  expect(text(withResourceVersion(stored, 12n))).toBe(
    '{"apiVersion":"g/v1","kind":"K","metadata":{"resourceVersion":"12","name":"n"}}',
  )
  expect(text(withResourceVersion(encodeDocument(document({})), 1n))).toBe(
    '{"apiVersion":"g/v1","kind":"K","metadata":{"resourceVersion":"1"}}',
  )
  expect(withResourceVersion(Buffer.from("[]"), 1n)).toBeUndefined()
})

test("what is served decodes to what was stored, at any revision, and can be stamped anew", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.jsonValue(),
      ),
      fc.bigInt({ min: 1n, max: 2n ** 62n }),
      (spec, revision) => {
        const stored = encodeDocument(document({ name: "n" }, { spec: structuredClone(spec) }))
        const served = withResourceVersion(stored, revision)
        if (served === undefined) throw new Error("not a document")
        expect(decodeDocument(served).metadata).toEqual({ name: "n", resourceVersion: String(revision) })
        expect(JSON.stringify(decodeDocument(served).spec)).toBe(JSON.stringify(decodeDocument(stored).spec))
        expect(text(restamped(served, undefined))).toBe(text(stored))
        expect(text(restamped(served, revision + 1n))).toBe(text(withResourceVersion(stored, revision + 1n)))
      },
    ),
  )
})
