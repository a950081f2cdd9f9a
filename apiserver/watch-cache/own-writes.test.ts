import { expect, test } from "vitest"
import { definitions } from "../../schemas/index.ts"
import { Resource } from "../resource.ts"
import { customStrategy } from "../strategy.ts"
import { OwnWrites } from "./own-writes.ts"

const [definition] = definitions
if (definition === undefined) throw new Error("there are no kinds")
const resource = new Resource(definition, { origin: "builtin", strategy: customStrategy })
const write = (text: string) => ({ object: {}, value: Buffer.from(text), resource })

test("an event is known by its bytes, also when the key has been written again since", () => {
  const writes = new OwnWrites()
  const [first, second] = [write("1"), write("2")]
  writes.anticipate("k", first)
  writes.anticipate("k", second)
  expect(writes.take("k", Buffer.from("1"))).toBe(first)
  expect(writes.take("k", Buffer.from("other"))).toBeUndefined()
  expect(writes.take("k", Buffer.from("2"))).toBe(second)
  expect(writes.take("k", Buffer.from("2"))).toBeUndefined()
})

test("a write that was not made is not waited for", () => {
  const writes = new OwnWrites()
  const forget = writes.anticipate("k", write("1"))
  const kept = write("2")
  writes.anticipate("k", kept)
  forget()
  expect(writes.take("k", Buffer.from("1"))).toBeUndefined()
  expect(writes.take("k", Buffer.from("2"))).toBe(kept)
})

test("what was committed is told until its event comes", () => {
  const writes = new OwnWrites()
  const committed = { revision: 7n, version: "v1", bytes: Buffer.from("7") }
  writes.commit("k", committed)
  writes.told("k", 6n)
  expect(writes.committed("k")).toBe(committed)
  writes.told("k", 7n)
  expect(writes.committed("k")).toBeUndefined()
})
