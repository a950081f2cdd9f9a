/** One Lease that replicas read and write under its version, each over a connection of its own that a test can break. */
import type { Transport, TransportResponse } from "../../client/index.ts"
import type { Lease } from "../../schemas/index.ts"

export const leaseServer = () => {
  let lease: Lease | undefined
  let version = 0
  const broken = new Map<string, "cut" | "hang">()

  const respond = (status: number, body: object): TransportResponse => ({
    status,
    headers: {},
    body: (async function* () {
      yield Buffer.from(JSON.stringify(body))
    })(),
  })
  const refuse = (code: number, reason: string) =>
    respond(code, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, code })

  const store = (written: Lease): Lease => {
    version += 1
    lease = { ...written, metadata: { ...written.metadata, uid: "u", resourceVersion: String(version) } }
    return lease
  }

  const transportOf = (replica: string): Transport => ({
    request: async ({ method, body }) => {
      if (broken.get(replica) === "cut") throw new Error("connection refused")
      if (broken.get(replica) === "hang") return new Promise<never>(() => {})
      if (method === "GET") return lease === undefined ? refuse(404, "NotFound") : respond(200, lease)
      const sent: Lease = JSON.parse(Buffer.from(body ?? []).toString())
      if (method === "POST")
        return lease === undefined ? respond(201, store(sent)) : refuse(409, "AlreadyExists")
      const isCurrent = sent.metadata.resourceVersion === lease?.metadata.resourceVersion
      return isCurrent ? respond(200, store(sent)) : refuse(409, "Conflict")
    },
  })

  return {
    transportOf,
    lease: () => lease,
    cutOff: (replica: string) => broken.set(replica, "cut"),
    hang: (replica: string) => broken.set(replica, "hang"),
    heal: (replica: string) => broken.delete(replica),
    /** Makes it someone's, whoever holds it. */
    give: (holderIdentity: string, renewTime = "2026-01-01T00:00:00.000000Z") => {
      const metadata = lease?.metadata ?? { name: "l", namespace: "ns" }
      const spec = { leaseDurationSeconds: 15, ...lease?.spec, holderIdentity, renewTime }
      store({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec })
    },
  }
}
