import { join } from "node:path"
import { expect, it } from "vitest"
import { expectGolden } from "../test/golden/expect-golden.ts"
import { type Failure, renderFailure } from "./index.ts"

const failure: Failure = {
  seed: 8,
  invariant: "each Volume has one disk",
  message: "the cloud holds nobody=disk-2",
  keep: ["volumes/crash/6", "volumes/compaction/1"],
  faultsBefore: 7,
  trace: [
    { atMs: 0, kind: "start", actor: "volumes", detail: "starts" },
    { atMs: 1, kind: "write", actor: "users", detail: "create volumes.sim.miren.dev default/c -> 201 @52" },
    {
      atMs: 6,
      kind: "fault",
      actor: "volumes",
      detail: "compaction: watch volumes.sim.miren.dev (volumes/compaction/1)",
    },
    {
      atMs: 204,
      kind: "write",
      actor: "volumes",
      detail:
        "update volumes.sim.miren.dev/status default/c -> 409 Conflict (volumes for default/c, woken by Volume/default/c@52)",
    },
    { atMs: 252, kind: "fault", actor: "volumes", detail: "crash: create (volumes/crash/6)" },
    { atMs: 252, kind: "kill", actor: "volumes", detail: "killed when create is done" },
    { atMs: 372, kind: "start", actor: "volumes", detail: "starts again, with nothing in memory" },
    { atMs: 420, kind: "reconcile", actor: "volumes", detail: "volumes default/a: done" },
    { atMs: 31_533, kind: "calm", actor: "users", detail: "have ended, and so have faults" },
    {
      atMs: 631_533,
      kind: "violation",
      actor: "invariants",
      detail: "each Volume has one disk: the cloud holds nobody=disk-2",
    },
  ],
}

it("a failure is told as a time line", () => {
  const spared = { ...failure, keep: [], trace: failure.trace.slice(0, 2) }
  const text = `${renderFailure(failure)}\n\n${renderFailure(spared)}\n`
  expectGolden(join(import.meta.dirname, "golden", "failure.txt"), text)
  expect(renderFailure({ ...failure, trace: [] })).toContain("It takes 2 of 7 faults")
})
