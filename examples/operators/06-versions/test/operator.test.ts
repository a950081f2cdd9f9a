import fc from "fast-check"
import { startMemoryServer } from "miren/daemon"
import { expect, onTestFinished, test } from "vitest"
import { toV1, toV2 } from "../src/convert.ts"
import { ContactV1, ContactV2 } from "../src/generated/contact.gen.ts"
import { operator } from "../src/operator.ts"

const metadata = { name: "ada", namespace: "default" }
const contact = (name: string): ContactV1 => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Contact",
  metadata,
  spec: { name },
})

test("a name survives the way to v2 and back, whatever it is", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "B", " ", "é"), maxLength: 12 })
  fc.assert(
    fc.property(name, (given) => {
      expect(toV1(toV2(contact(given)))).toEqual(contact(given))
    }),
  )
})

test("what is written in one version is read, listed and changed in the other", async () => {
  const crds = [new URL("../crds/contact.yaml", import.meta.url)]
  const { client, start, settle, close } = await startMemoryServer({ crds })
  onTestFinished(close)
  await start(operator)
  await settle()
  await client.create(ContactV1, contact("Ada King Lovelace"))
  const { spec } = await client.get(ContactV2, metadata)
  expect(spec).toEqual({ firstName: "Ada King", lastName: "Lovelace" })
  const patch = { type: "merge", value: { spec: { firstName: "Augusta" } } } as const
  await client.patch(ContactV2, metadata, { patch })
  const { items } = await client.list(ContactV1)
  expect(items.map((item) => item.spec.name)).toEqual(["Augusta Lovelace"])
})
