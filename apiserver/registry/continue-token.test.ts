import fc from "fast-check"
import { expect, test } from "vitest"
import { decodeContinue, encodeContinue } from "./continue-token.ts"

test("a token gives its position back", () => {
  const keys = fc.array(
    fc.stringMatching(/^[a-z0-9.-]{1,20}$/).filter((part) => part !== ".."),
    { minLength: 1, maxLength: 2 },
  )
  fc.assert(
    fc.property(keys, fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }), (parts, revision) => {
      const position = { revision, after: parts.join("/") }
      const token = encodeContinue(position)
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(decodeContinue(token)).toEqual(position)
    }),
  )
})

const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

test.each([
  "***",
  token("text"),
  token({ v: "v2", rv: 1, start: "a" }),
  token({ v: "meta.k8s.io/v1", rv: "1", start: "a" }),
  token({ v: "meta.k8s.io/v1", rv: 0, start: "a" }),
  token({ v: "meta.k8s.io/v1", rv: -2, start: "a" }),
  token({ v: "meta.k8s.io/v1", rv: 1, start: "" }),
  token({ v: "meta.k8s.io/v1", rv: 1, start: "../secrets/a" }),
  token({ v: "meta.k8s.io/v1", rv: 1, start: "/registry/core/secrets" }),
])("the token %j is refused", (text) => {
  expect(() => decodeContinue(text)).toThrow(expect.objectContaining({ reason: "BadRequest" }))
})
