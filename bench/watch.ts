/** Fan-out: bursts of writes to 1,000 open watches, against the same bytes written once to 1,000 open responses. */
import { connect, type TLSSocket } from "node:tls"
import { inTurn } from "./measure.ts"
import { type Row, row } from "./row.ts"
import { type Credentials, startSubject } from "./subject.ts"
import { startYardstick } from "./yardstick.ts"

const watchers = 1_000
/** The second is the first at ten times the size. */
const bursts = [64, 640]
const path = "/api/v1/namespaces/default/configmaps"

const document = (name: string, value: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { filler: "x".repeat(800), value: `${value}` },
    }),
  )

interface Counter {
  bytes: number
  readonly waiting: Array<{ readonly bytes: number; readonly done: () => void }>
}

/** One open response; all its bytes are counted. */
const open = (to: Credentials, target: string, counter: Counter): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: to.port, ca: to.ca, cert: to.cert, key: to.key }, () =>
      socket.write(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`),
    )
    socket.once("data", () => {
      socket.on("data", (chunk: Buffer) => {
        counter.bytes += chunk.length
        for (const waiter of counter.waiting) {
          if (counter.bytes >= waiter.bytes) {
            counter.waiting.splice(counter.waiting.indexOf(waiter), 1)
            waiter.done()
          }
        }
      })
      resolve(socket)
    })
    socket.on("error", reject)
  })

const arrived = (counter: Counter, bytes: number): Promise<void> =>
  new Promise((resolve) => {
    if (counter.bytes >= bytes) resolve()
    else counter.waiting.push({ bytes, done: resolve })
  })

const openAll = async (to: Credentials, target: string): Promise<{ counter: Counter; close: () => void }> => {
  const counter: Counter = { bytes: 0, waiting: [] }
  const sockets: Array<TLSSocket> = []
  for (let index = 0; index < watchers; index += 50) {
    const batch = Array.from({ length: 50 }, () => open(to, target, counter))
    sockets.push(...(await Promise.all(batch)))
  }
  return {
    counter,
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const rowOf = async (burst: number): Promise<Row> => {
  const subject = await startSubject("memory")
  const bare = await startYardstick()
  try {
    const first = await subject.client.call({ method: "POST", path, body: document("w0", 0) })
    const version = (JSON.parse(first.toString("utf8")) as { metadata: { resourceVersion: string } }).metadata
      .resourceVersion
    for (let index = 1; index < burst; index += 1) {
      await subject.client.call({ method: "POST", path, body: document(`w${index}`, 0) })
    }
    const ours = await openAll(subject.credentials, `${path}?watch=1&resourceVersion=${version}`)
    const theirs = await openAll(bare.credentials, "/stream")
    const perEvent =
      JSON.stringify({ type: "MODIFIED", object: JSON.parse(first.toString("utf8")) }).length + 1
    let value = 1
    // A burst: all writes at once; over when every watcher has had (about) all its bytes.
    const oursOnce = async (): Promise<number> => {
      value += 1
      await new Promise((resolve) => setTimeout(resolve, 300))
      const target = ours.counter.bytes + perEvent * burst * watchers
      const start = performance.now()
      const sent = Array.from({ length: burst }, (_, index) =>
        subject.client.call({ method: "PUT", path: `${path}/w${index}`, body: document(`w${index}`, value) }),
      )
      await arrived(ours.counter, target)
      const seconds = (performance.now() - start) / 1_000
      await Promise.all(sent)
      return (burst * watchers) / seconds
    }
    const payload = Buffer.alloc(perEvent * burst, "x")
    const theirsOnce = async (): Promise<number> => {
      const target = theirs.counter.bytes + payload.length * watchers
      const start = performance.now()
      const sent = bare.client.call({ method: "POST", path: "/burst", body: payload })
      await arrived(theirs.counter, target)
      const seconds = (performance.now() - start) / 1_000
      await sent
      return (burst * watchers) / seconds
    }
    const result = await inTurn(burst > 100 ? 3 : 7, oursOnce, theirsOnce)
    ours.close()
    theirs.close()
    const name = `watch: bursts of ${burst} to ${watchers} watches`
    return row({ name, unit: "events/s", budget: ">= 0.7", ...result })
  } finally {
    bare.stop()
    await subject.stop()
  }
}

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const burst of bursts) rows.push(await rowOf(burst))
  return rows
}
