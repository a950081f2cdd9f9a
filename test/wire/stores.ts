/** Empty stores that need nothing installed. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeEmbeddedStore, makeMemoryStore } from "../../store/index.ts"
import type { OpenStore } from "./suite.ts"

export const memoryStore: OpenStore = async () => {
  const store = makeMemoryStore()
  return { store, close: () => store.close() }
}

export const embeddedStore: OpenStore = async () => {
  const directory = await mkdtemp(join(tmpdir(), "miren-wire-"))
  const store = makeEmbeddedStore({ directory })
  const close = async (): Promise<void> => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { store, close }
}
