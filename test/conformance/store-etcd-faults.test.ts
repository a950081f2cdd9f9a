import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { ClosableStore } from "../../store/closable.ts"
import { create, record, rejection } from "../../store/conformance/world.ts"
import { isStoreError, makeEtcdStore } from "../../store/index.ts"
import { startTestEtcd, type TestEtcd } from "../kit/etcd.ts"
import { type SocketProxy, startSocketProxy } from "../kit/socket-proxy.ts"

describe("an etcd store over a connection that fails", () => {
  let etcd: TestEtcd
  let proxy: SocketProxy
  /** Through the proxy, and past it. */
  let store: ClosableStore
  let direct: ClosableStore
  beforeAll(async () => {
    etcd = await startTestEtcd()
  })
  afterAll(() => etcd.remove())
  beforeEach(async () => {
    proxy = await startSocketProxy(etcd.endpoints[0] ?? "")
    store = await makeEtcdStore({ endpoints: [proxy.endpoint] })
    direct = await makeEtcdStore({ endpoints: etcd.endpoints })
  })
  afterEach(async () => {
    await store.close()
    await direct.close()
    proxy.close()
  })

  it("rejects a write of unknown fate with Unavailable and does it no second time", async () => {
    const { recorder } = record(direct, { prefix: "/unknown/" })
    proxy.holdAnswers()
    const write = rejection(create(store, "/unknown/a", "x"))
    await recorder.until(({ seen }) => seen.length >= 1)
    proxy.cut()
    expect(isStoreError(await write, "Unavailable")).toBe(true)
    const after = await create(store, "/unknown/b", "y")
    await recorder.until(({ seen }) => seen.length >= 2)
    expect(recorder.lines).toEqual([`put /unknown/a@${after - 1n}=x`, `put /unknown/b@${after}=y`])
  })

  it("reads again by itself when the connection broke in the middle of a read", async () => {
    await create(direct, "/read/a", "x")
    proxy.holdAnswers()
    const read = store.get("/read/a")
    await direct.get("/read/a")
    proxy.cut()
    expect((await read).kv?.key).toBe("/read/a")
  })

  it("writes at once after an outage: no breaker stays open", async () => {
    proxy.close()
    for (let failure = 0; failure < 10; failure++)
      expect(isStoreError(await rejection(create(store, "/outage/a", "x")), "Unavailable")).toBe(true)
    const again = await makeEtcdStore({ endpoints: [proxy.endpoint, ...etcd.endpoints] })
    await create(again, "/outage/a", "x")
    await again.close()
  })

  it("goes past an endpoint that nobody listens on, for writes too: they were never sent", async () => {
    const dead = "unix:///nonexistent/socket"
    const over = await makeEtcdStore({ endpoints: [dead, ...etcd.endpoints, dead] })
    for (let write = 0; write < 5; write++) await create(over, `/dead/${write}`, "x")
    expect((await over.range({ prefix: "/dead/" })).count).toBe(5)
    await over.close()
  })

  it("delivers a watch's events once each though its connection is cut between them", async () => {
    const { recorder } = record(store, { prefix: "/cut/" })
    for (let write = 0; write < 50; write++) {
      await create(direct, `/cut/${String(write).padStart(2, "0")}`, "x")
      if (write % 10 === 5) proxy.cut()
    }
    await recorder.until(({ seen }) => seen.length >= 50)
    expect(recorder.seen.map(({ kv }) => kv.key)).toEqual(
      Array.from({ length: 50 }, (_, write) => `/cut/${String(write).padStart(2, "0")}`),
    )
  })

  it("tells a progress that was asked for during an outage once it is over", async () => {
    const { recorder, watch } = record(store, { prefix: "/progress/" })
    await create(direct, "/progress/a", "x")
    await recorder.until(({ seen }) => seen.length >= 1)
    proxy.cut()
    watch.requestProgress()
    const newest = await create(direct, "/elsewhere/a", "x")
    watch.requestProgress()
    await recorder.until(({ lastProgress }) => (lastProgress ?? 0n) >= newest)
  })

  it("is not opened where no etcd answers", async () => {
    const opening = makeEtcdStore({ endpoints: ["unix:///nonexistent/socket"], openTimeoutMs: 200 })
    expect(isStoreError(await rejection(opening), "Unavailable")).toBe(true)
  })
})
