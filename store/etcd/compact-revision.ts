/** The oldest revision that etcd still has, which it tells only to a watch that comes too late. */

import type { Revision } from "../store.ts"
import type { StoreTimer } from "../timer.ts"
import type { EtcdConnection } from "./connection.ts"
import { watchCreateTimeoutMs } from "./limits.ts"

/** Undefined when etcd does not say: nothing is compacted, or it cannot be asked now. */
export const oldestRevision = async (
  connection: EtcdConnection,
  timer: StoreTimer,
): Promise<Revision | undefined> => {
  const stream = await connection.openWatch()
  let stopTimer = () => {}
  try {
    return await new Promise<Revision | undefined>((resolve) => {
      stopTimer = timer.after(watchCreateTimeoutMs, () => resolve(undefined))
      stream.on("error", () => resolve(undefined))
      stream.on("end", () => resolve(undefined))
      stream.on("data", ({ created, canceled, compact_revision }) => {
        if (canceled) resolve(compact_revision === "0" ? undefined : BigInt(compact_revision) + 1n)
        else if (!created) resolve(undefined)
      })
      stream.write({ create_request: { key: Buffer.from("\0"), start_revision: "1" } })
    })
  } finally {
    stopTimer()
    stream.cancel()
  }
}
