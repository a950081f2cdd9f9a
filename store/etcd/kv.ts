/** Reads and conditional writes as etcd requests, and etcd's answers as ours. */
import type { ICompare, IKeyValue, IRequestOp, ITxnResponse } from "etcd3"
import { unmetExpectation } from "../expectation.ts"
import { byteKey, byteKeyAfterPrefix, checkKey, checkValue } from "../key.ts"
import { compacted } from "../replay.ts"
import type { Expect, KeyValue, Put, Range, RangeOptions, Revision } from "../store.ts"
import { isStoreError, StoreError } from "../store.ts"
import type { StoreTimer } from "../timer.ts"
import { oldestRevision } from "./compact-revision.ts"
import type { EtcdConnection } from "./connection.ts"

export const get = async (
  connection: EtcdConnection,
  key: string,
): Promise<{ kv: KeyValue | undefined; revision: Revision }> => {
  const { kvs, header } = await connection.read(key, (client) => client.kv.range({ key: Buffer.from(key) }))
  const [found] = kvs
  return { kv: found && keyValueOf(found), revision: connection.seen(header) }
}

export const range = async (
  connection: EtcdConnection,
  timer: StoreTimer,
  options: RangeOptions,
): Promise<Range> => {
  try {
    return await rangeAt(connection, options)
  } catch (error) {
    if (!isStoreError(error, "Compacted")) throw error
    throw compacted(options.prefix, await oldestRevision(connection, timer), error)
  }
}

const rangeAt = async (connection: EtcdConnection, options: RangeOptions): Promise<Range> => {
  const { prefix, after, limit, revision, keysOnly = false } = options
  // etcd takes revision 0 to mean the newest.
  if (revision !== undefined && revision < 1n) throw compacted(prefix, undefined)
  const bounds = keyRange(prefix, after)
  if (bounds === undefined) {
    const { revision: newest } = await get(connection, prefix)
    return { items: [], revision: revision ?? newest, count: 0 }
  }
  const { kvs, count, header } = await connection.read(prefix, (client) =>
    client.kv.range({
      ...bounds,
      keys_only: keysOnly,
      ...(limit === 0 ? { count_only: true } : limit === undefined ? {} : { limit }),
      ...(revision === undefined ? {} : { revision: String(revision) }),
    }),
  )
  return { items: kvs.map(keyValueOf), revision: revision ?? connection.seen(header), count: Number(count) }
}

export const put = async (connection: EtcdConnection, put: Put): Promise<Revision> => {
  const { key, value, expect } = put
  checkKey(key)
  checkValue(key, value)
  return writeIf(connection, { key, expect, success: putRequest(put) })
}

export const putRequest = ({ key, value, session }: Put): IRequestOp => ({
  request_put: {
    key: Buffer.from(key),
    value: bufferOf(value),
    ...(session === undefined ? {} : { lease: session }),
  },
})

export const deleteRequest = (key: string): IRequestOp => ({
  request_delete_range: { key: Buffer.from(key) },
})

export const remove = (connection: EtcdConnection, key: string, modRevision: Revision): Promise<Revision> =>
  writeIf(connection, { key, expect: { modRevision }, success: deleteRequest(key) })

/**
 * Forgets the history before this revision.
 *
 * etcd is told the revision before it: etcd 3.4 drops a deletion that happened at the compacted revision itself, and
 * cannot give what the event at the next one replaced.
 */
export const compact = async (connection: EtcdConnection, revision: Revision): Promise<void> => {
  if (revision <= 2n) return
  const newest = await connection.newestRevision()
  if (revision > newest)
    throw new StoreError("FutureRevision", "history", {
      message: `revision ${revision} is yet to come: etcd is at ${newest}`,
    })
  try {
    await connection.read("history", (client) => client.kv.compact({ revision: String(revision - 1n) }))
  } catch (error) {
    if (!isStoreError(error, "Compacted")) throw error
  }
}

export const keyValueOf = (kv: IKeyValue): KeyValue => ({
  key: kv.key.toString("utf8"),
  value: kv.value,
  createRevision: BigInt(kv.create_revision),
  modRevision: BigInt(kv.mod_revision),
})

interface Conditional {
  readonly key: string
  readonly expect: Expect
  readonly success: IRequestOp
}

const writeIf = async (
  connection: EtcdConnection,
  { key, expect, success }: Conditional,
): Promise<Revision> => {
  const failure = [{ request_range: { key: Buffer.from(key) } }]
  const response = await connection.write(key, (client) =>
    client.kv.txn({ compare: [compareOf(key, expect)], success: [success], failure }),
  )
  const revision = connection.seen(response.header)
  if (response.succeeded) return revision
  const unmet = unmetExpectation(key, expect, foundBy(response))
  if (unmet === undefined) throw new Error(`etcd refused a write of ${key} whose expectation holds`)
  throw unmet
}

export const compareOf = (key: string, expect: Expect): ICompare =>
  "absent" in expect
    ? { key: Buffer.from(key), target: "Create", result: "Equal", create_revision: 0 }
    : {
        key: Buffer.from(key),
        target: "Mod",
        result: "Equal",
        // To etcd an absent key is at revision 0; nothing is at -1.
        mod_revision: expect.modRevision < 1n ? -1 : String(expect.modRevision),
      }

const foundBy = ({ responses }: ITxnResponse): KeyValue | undefined => {
  const [found] = responses[0]?.response_range?.kvs ?? []
  return found && keyValueOf(found)
}

/** The bytes from a prefix, or from just after a key, to the prefix's end; undefined when nothing can lie there. */
const keyRange = (
  prefix: string,
  after: string | undefined,
): { key: Buffer; range_end: Buffer } | undefined => {
  const start = byteKey(prefix)
  const end = byteKeyAfterPrefix(start)
  const last = after === undefined ? undefined : byteKey(after)
  if (last !== undefined && end !== undefined && last >= end) return undefined
  const from = last === undefined || last < start ? start : `${last}\0`
  return {
    key: Buffer.from(from === "" ? "\0" : from, "latin1"),
    range_end: Buffer.from(end ?? "\0", "latin1"),
  }
}

const bufferOf = (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength)
