/** What must be true of a store and a server between requests, whatever was asked of them. */
import { all, crds, pathOf } from "./corpus.ts"
import { textOf } from "./oracle.ts"
import type { FuzzRequest } from "./request.ts"
import { type FuzzWorld, jsonRequest } from "./world.ts"

interface StoredObject {
  readonly kind?: unknown
  readonly apiVersion?: unknown
  readonly metadata?: { readonly name?: unknown; readonly uid?: unknown; readonly namespace?: unknown }
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/** What is wrong with the bytes under a key. */
const keyFault = (key: string, bytes: Uint8Array): string | undefined => {
  let object: StoredObject
  try {
    // The object, and on a line of its own what caused its last write.
    const [text = "", ...more] = Buffer.from(bytes).toString("utf8").split("\n")
    object = JSON.parse(text)
    for (const line of more) JSON.parse(line)
  } catch {
    return `${key} holds no JSON`
  }
  if (!isText(object.kind) || !isText(object.apiVersion)) return `${key} holds no object of a kind`
  const { metadata = {} } = object
  if (!isText(metadata.uid)) return `${key} has no uid`
  const parts = key.split("/")
  if (metadata.name !== parts.at(-1)) return `${key} names itself ${JSON.stringify(metadata.name)}`
  if (isText(metadata.namespace) && parts.at(-2) !== metadata.namespace)
    return `${key} says that its namespace is ${metadata.namespace}`
  return undefined
}

interface ListBody {
  readonly items?: ReadonlyArray<
    StoredObject & { readonly metadata?: { readonly resourceVersion?: unknown } }
  >
}

/** The collections over all namespaces. */
const listed = (): ReadonlyArray<FuzzRequest> =>
  [...all, crds].map((kind) => jsonRequest("GET", pathOf({ ...kind, namespaced: false })))

const listFault = async (world: FuzzWorld, request: FuzzRequest): Promise<string | undefined> => {
  const { answer } = await world.send(request)
  // A custom kind may have been deleted.
  if (answer.status === 404 && request.url.includes("example.com")) return undefined
  if (answer.status !== 200) return `${request.url} cannot be listed: ${textOf(answer).slice(0, 300)}`
  const { items }: ListBody = JSON.parse(textOf(answer))
  if (!Array.isArray(items)) return `${request.url} has no items`
  for (const { metadata, kind } of items) {
    if (!isText(metadata?.uid) || !isText(metadata?.resourceVersion) || !isText(metadata?.name))
      return `${request.url} lists an object without name, uid or resourceVersion`
    if (!isText(kind)) return `${request.url} lists an object without a kind`
  }
  return undefined
}

/** The first thing that is wrong; undefined when nothing is. */
export const invariantFault = async (world: FuzzWorld): Promise<string | undefined> => {
  for (const [key, bytes] of await world.stored()) {
    const found = keyFault(key, bytes)
    if (found !== undefined) return found
  }
  for (const request of listed()) {
    const found = await listFault(world, request)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a request that every client makes is answered as ever; to be asked of a world that was restored. */
export const serviceFault = async (world: FuzzWorld): Promise<string | undefined> => {
  for (const kind of all) {
    const url = `${pathOf(kind)}/base`
    const { answer } = await world.send(jsonRequest("GET", url))
    if (answer.status !== 200) return `${url} is not answered any more: ${textOf(answer).slice(0, 300)}`
  }
  return undefined
}
