/**
 * The API server as a program that tells what it uses: its memory at rest, and its peak since it was asked. Spoken to over IPC
 * by `measured.ts`; run with --expose-gc.
 */
import { join } from "node:path"
import { Effect } from "effect"
import { ApiServer, ensurePki, issueClientCertificate, listen } from "../apiserver/index.ts"
import { definitions } from "../schemas/index.ts"
import { openEmbeddedStore, openMemoryStore, type Store } from "../store/index.ts"
import { configMapsOf, type StoredText } from "./config-maps.ts"
import type { Answer, Question } from "./measured.ts"

const [kind = "memory", directory = ""] = process.argv.slice(2)

const encoder = new TextEncoder()
const atOnce = 2_000

/** Gives the bytes of all values. */
const fill = async (store: Store, documents: Iterable<StoredText>): Promise<number> => {
  let bytes = 0
  let puts: Array<Promise<unknown>> = []
  for (const { key, value } of documents) {
    bytes += value.length
    puts.push(store.put({ key, value: encoder.encode(value), expect: { absent: true } }))
    if (puts.length < atOnce) continue
    await Promise.all(puts)
    puts = []
  }
  await Promise.all(puts)
  return bytes
}

/** What stays after all that can go has gone: a few rounds, since what one frees may free more in the next. */
const collect = async (): Promise<void> => {
  for (let round = 0; round < 6; round++) {
    global.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const usage = (): NodeJS.MemoryUsage => process.memoryUsage()

let peak = usage()
let sampling: NodeJS.Timeout | undefined

const sample = (): void => {
  const now = usage()
  peak = {
    rss: Math.max(peak.rss, now.rss),
    heapTotal: Math.max(peak.heapTotal, now.heapTotal),
    heapUsed: Math.max(peak.heapUsed, now.heapUsed),
    external: Math.max(peak.external, now.external),
    arrayBuffers: Math.max(peak.arrayBuffers, now.arrayBuffers),
  }
}

const answer = async (store: Store, question: Question): Promise<Answer> => {
  switch (question.ask) {
    case "fill":
      return { bytes: await fill(store, question.documents), memory: usage() }
    case "fill ConfigMaps":
      return { bytes: await fill(store, configMapsOf(question)), memory: usage() }
    case "rest":
      await collect()
      return { bytes: 0, memory: usage() }
    case "watch over":
      peak = usage()
      sampling = setInterval(sample, 20)
      return { bytes: 0, memory: peak }
    case "peak":
      clearInterval(sampling)
      sample()
      return { bytes: 0, memory: peak }
  }
}

const openStore = Effect.suspend(() =>
  kind === "embedded" ? openEmbeddedStore({ directory: join(directory, "store") }) : openMemoryStore(),
)

await Effect.gen(function* () {
  const now = Date.now()
  const store = yield* openStore
  const { ca, server } = yield* ensurePki({ dir: join(directory, "pki"), hosts: ["127.0.0.1"], now })
  const identity = { user: "bench", groups: ["system:masters"], days: 1, now }
  const client = yield* issueClientCertificate({ ca, ...identity })
  const api = yield* ApiServer.make({ store, definitions })
  const started = performance.now()
  yield* api.ready
  const readyMs = performance.now() - started
  const tls = { cert: server.certificate, key: server.privateKey }
  const listening = yield* listen({ server: api, host: "127.0.0.1", port: 0, tls, clientCA: ca.certificate })
  process.on("message", (question: Question) => {
    answer(store, question).then(
      (told) => process.send?.(told),
      (error: unknown) => {
        process.stderr.write(`${error}\n`)
        process.exit(1)
      },
    )
  })
  process.on("disconnect", () => process.exit(0))
  process.send?.({
    port: listening.port,
    ca: ca.certificate,
    cert: client.certificate,
    key: client.privateKey,
    readyMs,
  })
  yield* Effect.never
}).pipe(Effect.scoped, Effect.runPromise)
