import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { ManualTimer } from "./conformance/manual-timer.ts"
import { storeConformance } from "./conformance.ts"
import { makeEmbeddedStore } from "./embedded.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "miren-embedded-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

storeConformance("embedded", async () => {
  const timer = new ManualTimer()
  return { store: makeEmbeddedStore({ directory, timer }), elapse: async (ms) => timer.advance(ms) }
})
