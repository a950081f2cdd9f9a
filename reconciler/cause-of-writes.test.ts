import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Cause, causeText, parseCause } from "./cause-of-writes.ts"
import { maxCauseLength } from "./limits.ts"

const version = (name: string, resourceVersion = "7") => ({
  kind: "Widget.example.com",
  namespace: "ns",
  name,
  resourceVersion,
})
const cause = (more: Partial<Cause> = {}): Cause => ({
  controller: "widgets",
  request: { namespace: "ns", name: "a" },
  reconcileID: "0000002a",
  woke: [],
  wokeMore: 0,
  read: [],
  readMore: 0,
  ...more,
})

describe("the cause of a write", () => {
  it("says who reconciled what, and what woke it and was read", () => {
    const text = causeText(
      cause({ woke: [version("a")], read: [version("b"), version("*", "9")], readMore: 2 }),
    )
    expect(text).toBe(
      "controller/widgets; request=ns/a; reconcile=0000002a; woke=Widget.example.com/ns/a@7; " +
        "read=Widget.example.com/ns/b@7,Widget.example.com/ns/*@9,+2",
    )
  })

  it("says no more than there is", () => {
    expect(causeText(cause({ request: { namespace: "", name: "n" } }))).toBe(
      "controller/widgets; request=/n; reconcile=0000002a",
    )
  })

  const text = fc.string({ unit: "binary", maxLength: 12 }).filter((one) => one.isWellFormed())
  const versions = fc.array(
    fc.record({
      kind: text.filter((one) => one !== ""),
      namespace: text,
      name: fc.oneof(
        fc.constant("*"),
        text.filter((one) => one !== ""),
      ),
      resourceVersion: text,
    }),
    { maxLength: 6 },
  )
  const causes = fc.record({
    controller: text.filter((one) => one !== ""),
    request: fc.record({ namespace: text, name: text }),
    reconcileID: text,
    woke: versions,
    wokeMore: fc.nat(999_999_999),
    read: versions,
    readMore: fc.nat(999_999_999),
  })
  it("is read as it was written, whatever the names, where it has room", () => {
    fc.assert(
      fc.property(causes, (one) => {
        const said = causeText(one)
        expect(said).toMatch(/^[\x21-\x7e ]*$/)
        if (said.length < maxCauseLength - 100 && !said.includes(",+")) expect(parseCause(said)).toEqual(one)
        else expect(parseCause(said)?.request).toEqual(one.request)
      }),
    )
  })

  it("names what has room and counts the rest", () => {
    const many = Array.from({ length: 40 }, (_, index) => version(`${"x".repeat(250)}${index}`))
    const said = causeText(cause({ woke: many.slice(0, 4), read: many, readMore: 3 }))
    expect(said.length).toBeLessThanOrEqual(maxCauseLength)
    const parsed = parseCause(said)
    expect((parsed?.woke.length ?? 0) + (parsed?.wokeMore ?? 0)).toBe(4)
    expect((parsed?.read.length ?? 0) + (parsed?.readMore ?? 0)).toBe(43)
  })

  it("is passed over where it says what is not known yet, and refused where it is something else", () => {
    expect(parseCause(`${causeText(cause())}; later=x`)).toEqual(cause())
    for (const other of [
      "",
      "user/jane",
      "controller/",
      "controller/c; request=a/b/c",
      "controller/c; request=a/%zz",
    ]) {
      expect(parseCause(other)).toBeUndefined()
    }
    expect(parseCause("controller/c; request=a/b; woke=nonsense")).toBeUndefined()
    expect(parseCause(`controller/c; request=a/${"b".repeat(maxCauseLength)}`)).toBeUndefined()
  })
})
