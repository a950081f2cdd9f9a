/** An API server as a child that tells what it uses (`measured-program.ts`), and clients to it. */
import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { type Credentials, type HttpsClient, httpsClient } from "./subject.ts"

export type Question =
  | {
      readonly ask: "fill"
      readonly documents: ReadonlyArray<{ readonly key: string; readonly value: string }>
    }
  /** Memory once the garbage has gone. */
  | { readonly ask: "rest" }
  /** From here on the rounds of the event loop are measured, until `peak`. */
  | { readonly ask: "watch rounds" }
  /** From here on the highest memory is remembered, until `peak`. */
  | { readonly ask: "watch over" }
  | { readonly ask: "peak" }

export interface Answer {
  readonly memory: NodeJS.MemoryUsage
  /** CPU time of a round of the event loop, in ms: 99 of 100 moments are in rounds that are not longer. */
  readonly roundP99: number
}

export interface Measured {
  readonly client: HttpsClient
  readonly credentials: Credentials
  /** How long it took to read what the store holds. */
  readonly readyMs: number
  readonly ask: (question: Question) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export interface MeasuredOptions {
  readonly store: "memory" | "embedded"
  /** Of an earlier one whose data goes on; else a new one, removed at the end. */
  readonly directory?: string
}

const program = resolve(import.meta.dirname, "measured-program.ts")

const nextMessage = <A>(child: ChildProcess): Promise<A> =>
  new Promise((resolve_, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the server ended with ${code}`))
    child.once("exit", ended)
    child.once("message", (message) => {
      child.off("exit", ended)
      resolve_(message as A)
    })
  })

export const startMeasured = async (options: MeasuredOptions): Promise<Measured> => {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "miren-bench-"))
  const child = fork(program, [options.store, directory], { execArgv: ["--expose-gc"] })
  const started = await nextMessage<Credentials & { readonly readyMs: number }>(child)
  const { readyMs, ...credentials } = started
  const client = httpsClient(credentials)
  return {
    client,
    credentials,
    readyMs,
    ask: (question) => {
      const answered = nextMessage<Answer>(child)
      child.send(question)
      return answered
    },
    stop: async () => {
      client.close()
      const gone = new Promise((resolve_) => child.once("exit", resolve_))
      child.disconnect()
      await gone
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

const batch = 2_000

/** Text that compresses to about a half, and is the same each time. */
const fillerOf = (seed: number, length: number): string => {
  let state = seed + 1
  let text = ""
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(16)
  }
  return text.slice(0, length)
}

/** Stores so many ConfigMaps of about so many bytes each, without a request for each. */
export const fillConfigMaps = async (
  measured: Pick<Measured, "ask">,
  { namespace, count, bytes }: { readonly namespace: string; readonly count: number; readonly bytes: number },
): Promise<number> => {
  let total = 0
  for (let from = 0; from < count; from += batch) {
    const documents = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => {
      const index = from + offset
      const name = `o${String(index).padStart(7, "0")}`
      const uid = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
      const labels = { app: `a${index % 10}`, half: index % 2 === 0 ? "even" : "odd" }
      const metadata = { creationTimestamp: "2030-01-01T00:00:00Z", labels, name, namespace, uid }
      const head = { apiVersion: "v1", kind: "ConfigMap", metadata }
      const room = bytes - JSON.stringify(head).length - 60
      const data = { filler: fillerOf(index, room), value: String(index) }
      const value = JSON.stringify({ ...head, data })
      total += value.length
      return { key: `/registry/core/configmaps/${namespace}/${name}`, value }
    })
    await measured.ask({ ask: "fill", documents })
  }
  return total
}
