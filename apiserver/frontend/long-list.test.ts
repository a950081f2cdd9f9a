/** Long lists through the real front door: many at once, to quick and slow readers, arrive whole over either HTTP. */
import { mkdtemp, rm } from "node:fs/promises"
import { connect } from "node:http2"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { setImmediate as nextRound } from "node:timers/promises"
import { gunzipSync } from "node:zlib"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { definitions } from "../../schemas/index.ts"
import { makeMemoryStore } from "../../store/index.ts"
import { ensurePki, issueClientCertificate } from "../pki/pki.ts"
import { ApiServer } from "../server.ts"
import { configMap, configMaps } from "../test-world.ts"
import { listen } from "./listen.ts"

const objects = 300
const objectBytes = 10_000
let dir = ""
let scope: Scope.Closeable
let to: { readonly port: number; readonly ca: string; readonly cert: string; readonly key: string }

const start = Effect.gen(function* () {
  const now = Date.now()
  const store = makeMemoryStore()
  const { ca, server: serving } = yield* ensurePki({ dir, hosts: [], now })
  const identity = { user: "admin", groups: ["system:masters"], days: 1, now }
  const client = yield* issueClientCertificate({ ca, ...identity })
  for (let n = 0; n < objects; n++) {
    const name = `c${String(n).padStart(4, "0")}`
    const metadata = { name, namespace: "default", uid: `u${n}` }
    const document = {
      ...configMap(name),
      metadata,
      data: { text: `${n} `.repeat(objectBytes).slice(0, objectBytes) },
    }
    const key = `/registry/core/configmaps/default/${name}`
    const value = Buffer.from(JSON.stringify(document))
    yield* Effect.promise(() => store.put({ key, value, expect: { absent: true } }))
  }
  const server = yield* ApiServer.make({ store, definitions })
  yield* server.ready
  const tls = { cert: serving.certificate, key: serving.privateKey }
  const { port } = yield* listen({ server, host: "127.0.0.1", port: 0, tls, clientCA: ca.certificate })
  return { port, ca: ca.certificate, cert: client.certificate, key: client.privateKey }
})

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "long-list-"))
  scope = await Effect.runPromise(Scope.make())
  to = await Effect.runPromise(Scope.provide(start, scope))
})

afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await rm(dir, { recursive: true, force: true })
})

/** A slow reader rests a few rounds of the event loop after each chunk. */
const read = async (stream: Readable, pace: "quick" | "slow"): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer)
    for (let rounds = pace === "slow" ? 20 : 0; rounds > 0; rounds--) await nextRound()
  }
  return Buffer.concat(chunks)
}

const http1 = (path: string, encoding: string, pace: "quick" | "slow"): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const headers = { "accept-encoding": encoding }
    const sent = request({ host: "127.0.0.1", path, headers, agent: false, ...to }, (response) => {
      read(response, pace).then(resolve, reject)
    })
    sent.on("error", reject)
    sent.end()
  })

const paces = ["quick", "slow", "quick", "slow", "quick"] as const

const namesIn = (body: Buffer): ReadonlyArray<string> => {
  const { items } = JSON.parse(body.toString()) as {
    readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string } }>
  }
  return items.map(({ metadata }) => metadata.name)
}
const all = Array.from({ length: objects }, (_, n) => `c${String(n).padStart(4, "0")}`)

test.each(["identity", "gzip"])("HTTP/1.1, %s", async (encoding) => {
  const bodies = await Promise.all(paces.map((pace) => http1(configMaps, encoding, pace)))
  const plain = bodies.map((body) => (encoding === "gzip" ? gunzipSync(body) : body))
  for (const body of plain) {
    expect(namesIn(body)).toEqual(all)
    expect(plain[0]?.equals(body)).toBe(true)
  }
})

test.each(["identity", "gzip"])("HTTP/2, %s: many streams of one connection", async (encoding) => {
  const session = connect(`https://127.0.0.1:${to.port}`, to)
  try {
    const bodies = await Promise.all(
      paces.map((pace) => {
        const stream = session.request({ ":path": configMaps, "accept-encoding": encoding })
        stream.end()
        return read(stream, pace)
      }),
    )
    const plain = bodies.map((body) => (encoding === "gzip" ? gunzipSync(body) : body))
    for (const body of plain) {
      expect(namesIn(body)).toEqual(all)
      expect(plain[0]?.equals(body)).toBe(true)
    }
  } finally {
    session.close()
  }
})
