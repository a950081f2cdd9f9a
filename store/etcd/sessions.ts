/** Sessions as etcd leases, renewed by their holder and by nobody else. */
import type { ILeaseKeepAliveResponse } from "etcd3"
import { sessionGone } from "../expectation.ts"
import { checkTtl } from "../key.ts"
import { isStoreError, type Session, type SessionId } from "../store.ts"
import type { StoreTimer } from "../timer.ts"
import type { EtcdConnection } from "./connection.ts"
import { callTimeoutMs } from "./limits.ts"

/** A new lease. etcd grants no less than one and a half of its election timeouts: 2 s by default. */
export const grantSession = async (
  connection: EtcdConnection,
  timer: StoreTimer,
  ttlSeconds: number,
): Promise<Session> => {
  const asked = checkTtl(ttlSeconds)
  const granted = await connection.write("session", (client) => client.leaseClient.leaseGrant({ TTL: asked }))
  const id: SessionId = granted.ID
  return {
    id,
    ttlSeconds: Number(granted.TTL),
    renew: () => renewLease(connection, timer, id),
    revoke: async () => {
      try {
        await connection.read("session", (client) => client.leaseClient.leaseRevoke({ ID: id }))
      } catch (error) {
        if (!isStoreError(error, "SessionGone")) throw error
      }
    },
  }
}

const renewLease = async (connection: EtcdConnection, timer: StoreTimer, id: SessionId): Promise<void> => {
  const { TTL } = await connection.read("session", async (client) => {
    const stream = await client.leaseClient.leaseKeepAlive()
    let stopTimer = () => {}
    try {
      return await new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
        const late = () => reject(new Error(`etcd did not renew session ${id} within ${callTimeoutMs} ms`))
        stopTimer = timer.after(callTimeoutMs, late)
        stream.on("data", resolve)
        stream.on("error", reject)
        stream.on("end", () => reject(new Error("etcd ended the renewal")))
        stream.write({ ID: id })
      })
    } finally {
      stopTimer()
      stream.cancel()
    }
  })
  // etcd answers the renewal of a lease that is over with no time left.
  if (Number(TTL) <= 0) throw sessionGone("session", id)
}
