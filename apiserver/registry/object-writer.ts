/**
 * The way of what a verb has decided on into the store: at once ({@link storeWriter}), or gathered with the writes of other
 * objects into one transaction (`apiserver/transactions/`). Everything before it is the same for both.
 */
import type { Expect, Store } from "../../store/index.ts"
import { withCause } from "../causes/cause.ts"
import type { DeletionCauses } from "../causes/deletions.ts"
import type { MutableObject } from "../machinery.ts"
import type { Resource } from "../resource.ts"
import type { WatchCache } from "../watch-cache/watch-cache.ts"

/** An object that has been stored, or would be: in the version of the request. */
export interface Written {
  readonly bytes: Buffer
  readonly revision: bigint
}

/** An object ready to be stored. */
export interface ObjectPut {
  readonly key: string
  /** The document to store, in clear. */
  readonly value: Uint8Array
  /** Why: one line, kept with the document. */
  readonly cause: Uint8Array
  readonly expect: Expect
  /** What is answered once it is stored, in the version of the request. */
  readonly served: (revision: bigint) => Buffer
  /** Set where that is the version that is stored: then nobody need read the bytes again. */
  readonly atStorage: { readonly object: MutableObject; readonly resource: Resource } | undefined
}

export interface ObjectDeletion {
  readonly key: string
  readonly expect: { readonly modRevision: bigint }
  readonly cause: Uint8Array
}

export interface ObjectWriter {
  /** Rejects with a StoreError when the expectation does not hold. */
  readonly put: (put: ObjectPut) => Promise<Written>
  /** The revision of the deletion. Rejects with a StoreError. */
  readonly delete: (deletion: ObjectDeletion) => Promise<bigint>
  /** An object stays as it is: there was nothing to write. */
  readonly keep: (key: string, revision: bigint) => void
}

/** What the server notes of a write on both sides of the store's answer. */
export const anticipatePut = (cache: WatchCache, { key, value, atStorage }: ObjectPut): (() => void) =>
  atStorage === undefined ? () => {} : cache.anticipate(key, { ...atStorage, value })

export const committedPut = (cache: WatchCache, put: ObjectPut, revision: bigint): Written => {
  const bytes = put.served(revision)
  if (put.atStorage !== undefined)
    cache.committed(put.key, { bytes, revision, version: put.atStorage.resource.storage.name })
  return { bytes, revision }
}

export interface WriterParts {
  readonly store: Store
  readonly cache: WatchCache
  readonly seal: (key: string, value: Uint8Array) => Uint8Array
  /** Absent where causes of deletions are not kept. */
  readonly deletions?: DeletionCauses | undefined
}

/** Each write by itself, at once. */
export const storeWriter = ({ store, cache, seal, deletions }: WriterParts): ObjectWriter => ({
  put: async (put) => {
    const { key, value, cause, expect } = put
    const forget = anticipatePut(cache, put)
    let revision: bigint
    try {
      revision = await store.put({ key, value: seal(key, withCause(value, cause)), expect })
    } catch (error) {
      forget()
      throw error
    }
    return committedPut(cache, put, revision)
  },
  delete: ({ key, expect, cause }) =>
    deletions === undefined ? store.delete(key, expect) : deletions.delete(key, expect.modRevision, cause),
  keep: () => {},
})
