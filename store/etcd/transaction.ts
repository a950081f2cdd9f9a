/** A transaction as one etcd Txn: every condition compared, every write made, or each key told of as it stands. */
import type { Etcd3, IRequestOp, ITxnResponse } from "etcd3"
import type { ConditionalWrite, Revision } from "../store.ts"
import { checkTransaction, unmetConditions } from "../transaction.ts"
import type { EtcdConnection } from "./connection.ts"
import { compareOf, deleteRequest, putRequest } from "./kv.ts"

/** etcd gives the events of a Txn the revision of the Txn and the order of its operations. */
export const transact = async (
  connection: EtcdConnection,
  writes: ReadonlyArray<ConditionalWrite>,
): Promise<Revision> => {
  checkTransaction(writes)
  const request = {
    compare: writes.map(({ key, expect }) => compareOf(key, expect)),
    success: writes.flatMap(operationOf),
    // Without values: what stands there may be many times as large as what was to be written.
    failure: writes.map(({ key }) => ({ request_range: { key: Buffer.from(key), keys_only: true } })),
  }
  const key = writes[0]?.key ?? "transaction"
  const call = (client: Etcd3): Promise<ITxnResponse> => client.kv.txn(request)
  const response = await (request.success.length === 0
    ? connection.read(key, call)
    : connection.write(key, call))
  const revision = connection.seen(response.header)
  if (response.succeeded) return revision
  throw (
    unmetConditions(writes, (_, index) => standsAt(response, index)) ??
    new Error(`etcd refused a transaction from ${key} on whose conditions hold`)
  )
}

const operationOf = (write: ConditionalWrite): ReadonlyArray<IRequestOp> => {
  switch (write.type) {
    case "put":
      return [putRequest(write)]
    case "delete":
      return [deleteRequest(write.key)]
    case "check":
      return []
  }
}

const standsAt = ({ responses }: ITxnResponse, index: number): Revision | undefined => {
  const [found] = responses[index]?.response_range?.kvs ?? []
  return found && BigInt(found.mod_revision)
}
