/** An API server as a child that tells what it uses (`measured-program.ts`), and clients to it. */
import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import type { ConfigMaps } from "./config-maps.ts"
import { type Credentials, type HttpsClient, httpsClient } from "./subject.ts"

export type Question =
  | {
      readonly ask: "fill"
      readonly documents: ReadonlyArray<{ readonly key: string; readonly value: string }>
    }
  /** Memory once the garbage has gone. */
  | { readonly ask: "rest" }
  /** Stores so many ConfigMaps of about so many bytes each; `bytes` of the answer is what they come to. */
  | ({ readonly ask: "fill ConfigMaps" } & ConfigMaps)
  /** From here on the highest memory is remembered, until `peak`. */
  | { readonly ask: "watch over" }
  | { readonly ask: "peak" }

export interface Answer {
  readonly memory: NodeJS.MemoryUsage
  readonly bytes: number
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
