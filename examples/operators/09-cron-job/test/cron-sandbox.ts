/** What the tests make: a CronSandbox, and the end of a Sandbox as a runner would tell it. */
import { Effect } from "effect"
import { Client } from "miren/client"
import { Sandbox } from "miren/schemas"
import type { CronSandbox, CronSandboxSpec } from "../src/generated/cronsandbox.gen.ts"

export const cronSandbox = (more: Partial<CronSandboxSpec> = {}): CronSandbox => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "CronSandbox",
  metadata: { name: "job", namespace: "default", creationTimestamp: "2026-03-01T08:00:30Z" },
  spec: {
    schedule: "* * * * *",
    template: { containers: [{ name: "work", image: "miren.local/hello:v1" }] },
    ...more,
  },
})

export const ended = (sandbox: Sandbox, exitCode: number): Sandbox => ({
  ...sandbox,
  status: { containerStatuses: [{ name: "work", state: { terminated: { exitCode } } }] },
})

/** Every sandbox that runs ends. */
export const endAll = (exitCode: number) =>
  Effect.gen(function* () {
    const client = yield* Client
    const { items } = yield* client.list(Sandbox)
    for (const sandbox of items) {
      if (sandbox.status?.containerStatuses === undefined)
        yield* client.updateStatus(Sandbox, ended(sandbox, exitCode))
    }
  })
