import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, expect, it } from "vitest"
import { documentOf } from "../../apiserver/index.ts"
import type { ClosableStore } from "../../store/closable.ts"
import { Recorder } from "../../store/conformance/world.ts"
import { type KeyValue, makeEtcdStore } from "../../store/index.ts"
import { startTestEtcd, type TestEtcd } from "../kit/etcd.ts"

const script = join(import.meta.dirname, "..", "kit", "doomed-server.ts")
const prefix = "/registry/core/configmaps/default/"

let etcd: TestEtcd
let store: ClosableStore
beforeEach(async () => {
  etcd = await startTestEtcd()
  store = await makeEtcdStore({ endpoints: etcd.endpoints })
})
afterEach(async () => {
  await store.close()
  await etcd.remove()
})

interface Answered {
  readonly number: number
  readonly revision: bigint
}

/** Runs a server until so many transactions were answered, and kills it on its way to the next. */
const serveUntilKilled = async (from: number, answers: number): Promise<ReadonlyArray<Answered>> => {
  const [endpoint = ""] = etcd.endpoints
  const child = spawn(process.execPath, [script, endpoint, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const exited = once(child, "exit")
  const answered: Answered[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [number = "", revision = ""] = line.split(" ")
    answered.push({ number: Number(number), revision: BigInt(revision) })
    if (answered.length < answers) continue
    // A little later each time, so that every step of a transaction is cut once.
    await new Promise((resolve) => setTimeout(resolve, (answers * 7) % 23))
    child.kill("SIGKILL")
  }
  await exited
  return answered
}

const numberOf = ({ value }: KeyValue): number =>
  Number(JSON.parse(Buffer.from(documentOf(value)).toString("utf8")).data.number)

it("a server killed in the middle of transactions leaves each of them made whole or not at all", async () => {
  const recorder = new Recorder()
  store.watch({ prefix }, recorder)
  let next = 1
  for (let run = 0; run < 5; run++) {
    const answered = await serveUntilKilled(next, 3 + run)
    const last = answered.at(-1)
    if (last === undefined) throw new Error("no transaction was answered")
    const { items, revision } = await store.range({ prefix })
    const numbers = new Set(items.map(numberOf))
    const [found = 0] = numbers
    expect(numbers.size).toBe(1)
    expect(found).toBeGreaterThanOrEqual(last.number)
    expect(new Set(items.map(({ modRevision }) => modRevision)).size).toBe(1)
    expect(items.map(({ key }) => key.slice(prefix.length)).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => [`stays-${n}`, `goes-${found}-${n}`])
        .flat()
        .sort(),
    )
    await recorder.until(
      ({ seen }) => (seen.at(-1)?.kv.modRevision ?? 0n) >= (items[0]?.modRevision ?? revision),
    )
    for (const { number, revision: at } of answered) {
      const told = recorder.seen.filter(({ kv }) => kv.modRevision === at)
      expect(told.filter(({ type }) => type === "put").map(({ kv }) => numberOf(kv))).toEqual(
        Array.from({ length: 20 }, () => number),
      )
    }
    next = found + 1
  }
  const perRevision = Map.groupBy(recorder.seen, ({ kv }) => kv.modRevision)
  const [first, ...later] = [...perRevision.values()].map((events) => events.length)
  expect(first).toBe(20)
  expect(new Set(later)).toEqual(new Set([30]))
})
