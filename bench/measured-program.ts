/**
 * The API server as a program that tells what it uses: its memory at rest, its peak since it was asked, and how late its
 * event loop came. Spoken to over IPC by `measured.ts`; run with --expose-gc.
 */
import { join } from "node:path"
import { Effect } from "effect"
import { ApiServer, ensurePki, issueClientCertificate, listen } from "../apiserver/index.ts"
import { definitions } from "../schemas/index.ts"
import { openEmbeddedStore, openMemoryStore, type Store } from "../store/index.ts"
import type { Answer, Question } from "./measured.ts"

const [kind = "memory", directory = ""] = process.argv.slice(2)

const fill = async (
  store: Store,
  documents: ReadonlyArray<{ key: string; value: string }>,
): Promise<void> => {
  const encoder = new TextEncoder()
  await Promise.all(
    documents.map(({ key, value }) =>
      store.put({ key, value: encoder.encode(value), expect: { absent: true } }),
    ),
  )
}

/** What stays after all that can go has gone: a few rounds, since what one frees may free more in the next. */
const collect = async (): Promise<void> => {
  for (let round = 0; round < 6; round++) {
    global.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const usage = (): NodeJS.MemoryUsage => process.memoryUsage()

/**
 * CPU time of the rounds of the event loop, in steps of 0.05 ms: what a request may have to wait for, whatever else the
 * machine does. Watching them keeps the loop from resting, so it is not done while memory is watched.
 */
const stepMs = 0.05
const rounds = new Float64Array(4_000)
let roundsGoing = false

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

const watchRounds = (): void => {
  rounds.fill(0)
  let before = cpuMs()
  const round = (): void => {
    const now = cpuMs()
    const at = Math.min(rounds.length - 1, Math.floor((now - before) / stepMs))
    rounds[at] = (rounds[at] ?? 0) + now - before
    before = now
    if (roundsGoing) setImmediate(round)
  }
  roundsGoing = true
  setImmediate(round)
}

/** Of 100 moments at which the loop is busy, 99 are in rounds that are not longer. */
const roundP99 = (): number => {
  let left = rounds.reduce((sum, of) => sum + of, 0) / 100
  let at = rounds.length - 1
  for (; at > 0 && left > 0; at--) left -= rounds[at] ?? 0
  return (at + 2) * stepMs
}

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
      await fill(store, question.documents)
      return { memory: usage(), roundP99: 0 }
    case "rest":
      await collect()
      return { memory: usage(), roundP99: 0 }
    case "watch rounds":
      watchRounds()
      return { memory: usage(), roundP99: 0 }
    case "watch over":
      peak = usage()
      sampling = setInterval(sample, 20)
      return { memory: peak, roundP99: 0 }
    case "peak":
      clearInterval(sampling)
      sample()
      roundsGoing = false
      return { memory: peak, roundP99: roundP99() }
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
