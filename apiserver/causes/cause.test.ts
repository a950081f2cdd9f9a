import { describe, expect, it } from "vitest"
import { causeIn, causeLine, documentOf, withCause } from "./cause.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)

const call = (headers: { readonly [name: string]: string }) =>
  ({
    request: { headers, user: { name: "jane", groups: [] } },
    info: { verb: "patch" },
    auditId: "a1",
  }) as never

describe("a stored cause", () => {
  it("is the line after the document, and does not change it", () => {
    const document = bytes('{"kind":"X","metadata":{"name":"a\\n{\\"cause\\":"}}')
    const stored = withCause(
      document,
      causeLine(call({ "miren-cause": "controller/x", "user-agent": "m/1" }), 0),
    )
    expect(text(documentOf(stored))).toBe(text(document))
    expect(causeIn(stored)).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      user: "jane",
      verb: "patch",
      auditID: "a1",
      client: "m/1",
      told: "controller/x",
    })
  })

  it("is absent from what others have stored, in whatever layout", () => {
    for (const document of ['{"kind":"X"}', '{\n "kind": "X"\n}\n']) {
      expect(text(documentOf(bytes(document)))).toBe(document)
      expect(causeIn(bytes(document))).toBeUndefined()
    }
  })

  it("is bounded and printable, whatever a client says", () => {
    const line = causeLine(call({ "miren-cause": `\u0007${"x".repeat(100_000)}` }), 0)
    expect(line.length).toBeLessThan(3_000)
    expect(causeIn(withCause(bytes("{}"), line))?.told).toMatch(/^x+$/)
  })

  it("that is damaged is no cause", () => {
    expect(causeIn(bytes('{}\n{"cause":{'))).toBeUndefined()
    expect(causeIn(bytes('{}\n{"cause":7}'))).toBeUndefined()
  })
})
