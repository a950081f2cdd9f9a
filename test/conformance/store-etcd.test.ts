import { afterAll, beforeAll } from "vitest"
import { storeConformance } from "../../store/conformance.ts"
import { makeEtcdStore } from "../../store/etcd.ts"
import { startTestEtcd, type TestEtcd } from "../kit/etcd.ts"

let etcd: TestEtcd | undefined

beforeAll(async () => {
  etcd = await startTestEtcd()
})
afterAll(() => etcd?.remove())

storeConformance("etcd", async () => ({
  store: await makeEtcdStore({ endpoints: etcd?.endpoints ?? [] }),
  elapse: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}))
