/**
 * The store over etcd 3.4 or newer. It takes etcd's whole key space for its own: other keys there do no harm, but
 * their events travel too.
 *
 * Guarantees beyond the seam's: a write whose connection broke before the answer rejects with `Unavailable`, and may
 * have happened; it is never repeated. A watch whose history was compacted before it read it ends with `Compacted`,
 * also where only the last bytes of a deletion are forgotten.
 */
import { systemTimer } from "./ambient.ts"
import type { ClosableStore } from "./closable.ts"
import { backoffMs, passed } from "./etcd/backoff.ts"
import { EtcdConnection, type EtcdEndpoints } from "./etcd/connection.ts"
import { compact, get, put, range, remove } from "./etcd/kv.ts"
import { openTimeoutMs } from "./etcd/limits.ts"
import { grantSession } from "./etcd/sessions.ts"
import { transact } from "./etcd/transaction.ts"
import { EtcdWatches } from "./etcd/watches.ts"
import { StoreError } from "./store.ts"
import type { StoreTimer } from "./timer.ts"

export interface EtcdStoreOptions extends EtcdEndpoints {
  /** How long to wait for an endpoint to answer at first. */
  readonly openTimeoutMs?: number
  /** Told of each passing fault of a watch's connection, for a log or a counter. */
  readonly onFault?: (error: StoreError) => void
  readonly timer?: StoreTimer
}

/** A store over etcd, once an endpoint has answered. Fails with `Unavailable`. */
export const makeEtcdStore = async (options: EtcdStoreOptions): Promise<ClosableStore> => {
  const { timer = systemTimer, onFault = () => {} } = options
  const connection = new EtcdConnection(options)
  await answered(connection, options)
  const watches = new EtcdWatches({ connection, timer, onFault })
  return {
    name: "etcd",
    get: (key) => get(connection, key),
    range: (of) => range(connection, timer, of),
    put: (of) => put(connection, of),
    delete: (key, { modRevision }) => remove(connection, key, modRevision),
    transact: (writes) => transact(connection, writes),
    watch: (of, sink) => watches.watch(of, sink),
    compact: (revision) => compact(connection, revision),
    session: (ttlSeconds) => grantSession(connection, timer, ttlSeconds),
    close: async () => {
      const error = new StoreError("Closed", "store", { message: "the store is closed" })
      watches.close(error)
      connection.close(error)
    },
  }
}

const answered = async (connection: EtcdConnection, options: EtcdStoreOptions): Promise<void> => {
  const { timer = systemTimer, endpoints, openTimeoutMs: patienceMs = openTimeoutMs } = options
  const deadline = timer.now() + patienceMs
  for (let failures = 0; ; failures++) {
    try {
      await connection.newestRevision()
      return
    } catch (cause) {
      if (timer.now() < deadline) {
        await passed(timer, backoffMs(failures))
        continue
      }
      const error = new StoreError("Unavailable", "store", {
        cause,
        message: `no etcd answered at ${endpoints.join(", ")} within ${patienceMs} ms: ${
          cause instanceof Error ? cause.message : String(cause)
        }`,
      })
      connection.close(error)
      throw error
    }
  }
}
