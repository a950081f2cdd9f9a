import { startMemoryServer } from "miren/daemon"
import { expect, onTestFinished, test } from "vitest"
import { Booking } from "../src/generated/booking.gen.ts"
import { operator } from "../src/operator.ts"
import { problemOf, withEnd } from "../src/rules.ts"

const booking = (name: string, room: string, from: string, to?: string): Booking => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Booking",
  metadata: { name, namespace: "default" },
  spec: { room, from: `2026-03-01T${from}:00Z`, ...(to === undefined ? {} : { to: `2026-03-01T${to}:00Z` }) },
})
const lunch = booking("lunch", "blue", "12:00", "13:00")

test.each<[string, Booking, string | undefined]>([
  ["in another room may be", booking("a", "red", "12:30"), undefined],
  ["after it may be", booking("a", "blue", "13:00"), undefined],
  ["into it may not be", booking("a", "blue", "11:30"), "blue is taken by lunch"],
  ["within it may not be", booking("a", "blue", "12:15", "12:30"), "blue is taken by lunch"],
  ["may be changed itself", booking("lunch", "blue", "12:30"), undefined],
  ["may not end before it begins", booking("a", "red", "12:00", "11:00"), "spec.to must be after"],
])("a booking %s", (_name, given, want) => {
  const problem = problemOf(withEnd(given), [lunch])
  if (want === undefined) expect(problem).toBeUndefined()
  else expect(problem).toContain(want)
})

test("the API server fills in the end, and refuses what overlaps", async () => {
  const crds = [new URL("../crds/booking.yaml", import.meta.url)]
  const { client, start, settle, close } = await startMemoryServer({ crds })
  onTestFinished(close)
  await start(operator)
  await settle()
  const made = await client.create(Booking, booking("lunch", "blue", "12:00"))
  expect(made.spec.to).toBe("2026-03-01T13:00:00.000Z")
  await expect(client.create(Booking, booking("late", "blue", "12:30"))).rejects.toThrow(
    "blue is taken by lunch",
  )
  await client.create(Booking, booking("late", "red", "12:30"))
})
