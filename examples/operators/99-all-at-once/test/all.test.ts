import { globSync } from "node:fs"
import { resolve } from "node:path"
import { startMemoryServer } from "miren/daemon"
import { ConfigMap, Sandbox } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { Greeting } from "../../01-hello-kind/src/generated/greeting.gen.ts"
import { operator as greetings } from "../../01-hello-kind/src/operator.ts"
import { Crew } from "../../02-owns-children/src/generated/crew.gen.ts"
import { operator as crews } from "../../02-owns-children/src/operator.ts"
import { crew } from "../../02-owns-children/test/scenario.ts"
import { Bucket } from "../../03-external-resource/src/generated/bucket.gen.ts"
import { operator as buckets } from "../../03-external-resource/src/operator.ts"
import { Reminder } from "../../04-schedule/src/generated/reminder.gen.ts"
import { operator as reminders } from "../../04-schedule/src/operator.ts"
import { CronSandbox } from "../../09-cron-job/src/generated/cronsandbox.gen.ts"
import { operator as cronSandboxes } from "../../09-cron-job/src/operator.ts"
import { cronSandbox } from "../../09-cron-job/test/cron-sandbox.ts"

const crds = globSync("{01,02,03,04,09}-*/crds/*.yaml", { cwd: resolve(import.meta.dirname, "../..") }).map(
  (file) => resolve(import.meta.dirname, "../..", file),
)
const metadata = { name: "one", namespace: "default" }

test("five operators work side by side", async () => {
  const { client, start, advance, settle, close } = await startMemoryServer({ crds, clock: "test" })
  onTestFinished(close)
  for (const operator of [greetings, crews, buckets, reminders, cronSandboxes]) await start(operator)
  const apiVersion = "examples.miren.dev/v1"
  await client.create(Greeting, {
    apiVersion: "example.com/v1",
    kind: "Greeting",
    metadata,
    spec: { text: "Hello" },
  })
  await client.create(Crew, crew("a", 2))
  await client.create(Bucket, { apiVersion, kind: "Bucket", metadata, spec: {} })
  const spec = { schedule: "* * * * *", text: "tea" }
  await client.create(Reminder, { apiVersion, kind: "Reminder", metadata, spec })
  await client.create(CronSandbox, cronSandbox())
  await advance("3 minutes")
  const maps = await client.list(ConfigMap)
  expect(maps.items.map(({ metadata: { name } }) => name)).toEqual(["a-0", "a-1", "one-page"])
  expect((await client.get(Bucket, metadata)).status?.url).toMatch(/^cloud:/)
  expect((await client.get(Reminder, metadata)).status?.count).toBe(3)
  expect((await client.list(Sandbox)).items.map(({ metadata: { name } }) => name)).toEqual([
    "job-1",
    "job-2",
    "job-3",
  ])
  await client.delete(Bucket, metadata)
  await client.delete(Greeting, metadata)
  await client.delete(Crew, { namespace: "default", name: "a" })
  await settle()
  expect((await client.list(ConfigMap)).items).toEqual([])
}, 60_000)
