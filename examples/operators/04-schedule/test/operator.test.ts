import { startMemoryServer } from "miren/daemon"
import { Event } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { Reminder } from "../src/generated/reminder.gen.ts"
import { operator } from "../src/operator.ts"

const crds = [new URL("../crds/reminder.yaml", import.meta.url)]
const key = { namespace: "default", name: "tea" }

test("a day of reminders passes in a moment, also through a night in which the operator is down", async () => {
  const { client, advance, start, close } = await startMemoryServer({
    crds,
    clock: "test",
    // Nothing is deleted here, and days pass faster without the garbage collector's watches.
    platform: false,
  })
  onTestFinished(close)
  const operating = await start(operator)
  await client.create(Reminder, {
    apiVersion: "examples.miren.dev/v1",
    kind: "Reminder",
    metadata: { name: "tea", namespace: "default" },
    spec: { schedule: "0 */6 * * *", text: "tea" },
  })
  await advance("13 hours")
  expect((await client.get(Reminder, key)).status).toMatchObject({
    count: 2,
    lastTime: "1970-01-01T12:00:00Z",
  })
  await operating.stop()
  await advance("15 hours")
  await start(operator)
  // 18:00 and 00:00 were missed: the last of them is made up for.
  const { status } = await client.get(Reminder, key)
  expect(status).toMatchObject({
    count: 3,
    lastTime: "1970-01-02T00:00:00Z",
    nextTime: "1970-01-02T06:00:00Z",
  })
  await advance("1 minute")
  const { items } = await client.list(Event)
  // One Event for each run of the operator, with a count.
  expect(items.map(({ message }) => message)).toEqual(["tea", "tea"])
  expect(items.reduce((sum, { count = 0 }) => sum + count, 0)).toBe(3)
})
