/** What every store promises, as one suite that each implementation's test runs. Start with {@link storeConformance}. */
import { afterEach, beforeEach, describe } from "vitest"
import { historyConformance } from "./conformance/history.ts"
import { rangeConformance } from "./conformance/range.ts"
import { sessionConformance } from "./conformance/session.ts"
import { transactionConformance } from "./conformance/transaction.ts"
import { watchConformance } from "./conformance/watch.ts"
import type { OpenedStore, World } from "./conformance/world.ts"
import { writeConformance } from "./conformance/write.ts"

/** Describes the whole contract for one implementation. `open` is called once a test; the suite closes the store. */
export const storeConformance = (name: string, open: () => Promise<OpenedStore>): void => {
  describe(`${name} store`, () => {
    let world: World | undefined
    let tests = 0
    beforeEach(async () => {
      world = { ...(await open()), prefix: `/registry/conformance-${++tests}/` }
    })
    afterEach(async () => {
      await world?.store.close()
      world = undefined
    })
    const current = (): World => {
      if (world === undefined) throw new Error("the world exists only while a test runs")
      return world
    }
    for (const suite of [
      writeConformance,
      transactionConformance,
      rangeConformance,
      watchConformance,
      historyConformance,
      sessionConformance,
    ])
      suite(current)
  })
}
