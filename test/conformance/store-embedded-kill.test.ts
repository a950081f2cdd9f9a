import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, expect, it } from "vitest"
import { Recorder } from "../../store/conformance/world.ts"
import { makeEmbeddedStore, StoreOpenError } from "../../store/index.ts"

const writer = join(import.meta.dirname, "..", "kit", "embedded-writer.ts")

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "miren-embedded-kill-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a writer on the directory and kills it after so many acknowledgements; returns those it gave, `key revision`. */
const writeUntilKilled = async (run: number, acknowledgements: number): Promise<ReadonlyArray<string>> => {
  const child = spawn(process.execPath, [writer, directory, String(run)], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exited = once(child, "exit")
  const acknowledged: Array<string> = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === acknowledgements) {
      expect(() => makeEmbeddedStore({ directory })).toThrow(StoreOpenError)
      child.kill("SIGKILL")
    }
  }
  await exited
  return acknowledged
}

it("every write acknowledged before a kill -9 is there afterwards, in a history without gaps", async () => {
  const acknowledged: Array<string> = []
  for (let run = 0; run < 4; run++) acknowledged.push(...(await writeUntilKilled(run, 1_000 + run * 337)))
  const store = makeEmbeddedStore({ directory })
  const { items, revision } = await store.range({ prefix: "/" })
  const stored = new Set(items.map((kv) => `${kv.key} ${kv.modRevision}`))
  expect(acknowledged.length).toBeGreaterThanOrEqual(4_000)
  expect(acknowledged.filter((line) => !stored.has(line))).toEqual([])

  const recorder = new Recorder()
  store.watch({ prefix: "/", from: 1n }, recorder)
  await recorder.until(({ seen }) => seen.at(-1)?.kv.modRevision === revision)
  expect(recorder.seen.map(({ kv }) => kv.modRevision)).toEqual(
    Array.from({ length: Number(revision) - 1 }, (_, index) => BigInt(index + 2)),
  )
  await store.close()
})
