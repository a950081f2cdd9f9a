/** The way into the store: bytes at the storage version, sealed, with a condition; and the way of reading one back. */

import type { Expect } from "../../store/index.ts"
import { causeLine } from "../causes/cause.ts"
import { clone, equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { cacheDocument, readThrough } from "../watch-cache/cached-object.ts"
import { convertObject } from "../watch-cache/conversion.ts"
import { keyOf, type Operation, type RegistryContext, type Target } from "./context.ts"
import { decodeDocument, encodeDocument, withResourceVersion } from "./document.ts"
import type { Written } from "./object-writer.ts"

/** The current state of an object, with where it was read. */
export interface Current {
  readonly revision: bigint
  /** Served bytes. */
  readonly bytes: Buffer
  /** The version of the bytes. */
  readonly version: string
  /** From the cache it may be old; from the store it was current when read. */
  readonly source: "cache" | "store"
}

export type { Written }

/** What a patch wrote, and whether it made the object. */
export interface PatchResult {
  readonly written: Written
  readonly created: boolean
}

export const currentFromCache = (context: RegistryContext, target: Target): Current | undefined => {
  const found = context.cache.latest(target.resource, keyOf(target))
  if (found === undefined) return undefined
  const { revision, bytes, version } = found
  return { revision, bytes, version, source: "cache" }
}

export const currentFromStore = async (
  context: RegistryContext,
  target: Target,
): Promise<Current | undefined> => {
  const key = keyOf(target)
  const { kv } = await context.store.get(key)
  if (kv === undefined) return undefined
  const stored = { key, value: context.open(key, kv.value), revision: kv.modRevision }
  const found = cacheDocument(stored, target.resource.stored)
  if (found === undefined) throw new Error(`the stored document ${key} is not readable`)
  return { revision: kv.modRevision, bytes: found.bytes, version: found.version, source: "store" }
}

/** The current object in the version of the request; a fresh copy that may be changed. {@link converted} comes first. */
export const decodeCurrent = (current: Current, target: Target): MutableObject => {
  const object = decodeDocument(current.bytes)
  return target.version.name === current.version ? object : readThrough(object, target.version)
}

/** The current state in the version of the request, where only a converter knows it. Rejects when it does not. */
export const converted = async (current: Current, { resource, version }: Target): Promise<Current> => {
  if (resource.converter === undefined || version.name === current.version) return current
  const object = await convertObject(decodeDocument(current.bytes), version, resource)
  return { ...current, bytes: servedBytes(object, current.revision), version: version.name }
}

/** The bytes to store for an object in the version of the request. */
const storedBytes = async (object: MutableObject, { resource, version }: Target): Promise<Uint8Array> => {
  const { storage, converter } = resource
  if (converter === undefined || version.name === storage.name)
    return encodeDocument({ ...object, apiVersion: storage.apiVersion })
  return encodeDocument(await convertObject(clone(object), storage, resource))
}

/** Whether a stored value is what would be stored for an object now. */
export const isStoredSo = async (
  value: Uint8Array,
  object: MutableObject,
  target: Target,
): Promise<boolean> => {
  const { storage, converter } = target.resource
  const stored = decodeDocument(value)
  if (stored.apiVersion !== storage.apiVersion) return false
  if (converter !== undefined && target.version.name !== storage.name) return true
  return equal(stored, decodeDocument(await storedBytes(object, target)))
}

/** The served bytes of an object in the version of the request. */
export const servedBytes = (object: MutableObject, revision: bigint | undefined): Buffer =>
  servedFrom(encodeDocument(object), revision)

const servedFrom = (document: Uint8Array, revision: bigint | undefined): Buffer => {
  const bytes = withResourceVersion(document, revision)
  if (bytes === undefined) throw new Error("an encoded document has no metadata")
  return bytes
}

/** Stores the object if the expectation holds. Rejects with a StoreError otherwise. */
export const putObject = async (
  { context, target, call }: Operation,
  write: { readonly object: MutableObject; readonly expect: Expect },
): Promise<Written> => {
  const key = keyOf(target)
  const { resource, version } = target
  const { object, expect } = write
  if (resource.facade !== undefined) throw new Error(`${resource.id} is a facade: nothing is stored for it`)
  const value = await storedBytes(object, target)
  const atStorage = version === resource.storage
  return context.writer.put({
    key,
    value,
    cause: causeLine(call, context.ambient.now()),
    expect,
    served: (revision) => (atStorage ? servedFrom(value, revision) : servedBytes(object, revision)),
    atStorage: atStorage ? { object, resource } : undefined,
  })
}

/** Deletes the object if it is at this revision, and returns the deletion's revision. Rejects with a StoreError otherwise. */
export const removeObject = ({ context, target, call }: Operation, modRevision: bigint): Promise<bigint> =>
  context.writer.delete({
    key: keyOf(target),
    expect: { modRevision },
    cause: causeLine(call, context.ambient.now()),
  })
