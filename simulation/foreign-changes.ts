/**
 * What others did during a recording: every change of an object that is not the outcome of a recorded write. Pure.
 *
 * A change is kept as what it changed, not as the object that it led to: the object holds what the recorded program wrote as well,
 * and a changed program may write something else.
 */
import type { Json, JsonObject } from "../schemas/index.ts"
import type { RecordedLine, RecordedList, RecordedWrite, Recording } from "./recording.ts"
import { requestLine } from "./request-line.ts"

export interface ForeignChange {
  readonly atMs: number
  /** Was there when the program first looked. */
  readonly isFirst: boolean
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly change:
    | { readonly type: "made"; readonly object: JsonObject }
    /** A JSON merge patch (RFC 7386) from the version before. */
    | { readonly type: "changed"; readonly patch: JsonObject }
    | { readonly type: "removed" }
}

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

const metadataOf = (object: JsonObject): JsonObject => (isJsonObject(object.metadata) ? object.metadata : {})

export const revisionOf = (object: JsonObject): string => textOf(metadataOf(object).resourceVersion)

/** What makes `after` of `before`, where every member that is not there is taken away. */
export const mergePatchBetween = (before: JsonObject, after: JsonObject): JsonObject => {
  const patch: { [name: string]: Json } = {}
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) patch[name] = null
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue
    const old = before[name]
    if (isJsonObject(old) && isJsonObject(value)) {
      const inner = mergePatchBetween(old, value)
      if (Object.keys(inner).length > 0) patch[name] = inner
    } else if (JSON.stringify(old) !== JSON.stringify(value)) patch[name] = value
  }
  return patch
}

export const mergePatched = (object: JsonObject, patch: JsonObject): JsonObject => {
  const result: { [name: string]: Json } = {}
  for (const [name, value] of Object.entries(object)) if (value !== undefined) result[name] = value
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) delete result[name]
    else if (isJsonObject(value)) {
      const old = result[name]
      result[name] = mergePatched(isJsonObject(old) ? old : {}, value)
    } else result[name] = value
  }
  return result
}

/** A list leaves out what every item is. */
const typed = (object: JsonObject, like: JsonObject | undefined): JsonObject =>
  object.kind !== undefined || like === undefined
    ? object
    : { apiVersion: like.apiVersion ?? "", kind: like.kind ?? "", ...object }

interface Known {
  object: JsonObject
  /** The recorded program has deleted it, or let it go: that it is gone is the outcome of that. */
  isLetGo: boolean
}

class ForeignReader {
  readonly changes: Array<ForeignChange> = []
  readonly #known = new Map<string, Known>()
  readonly #listed = new Set<string>()
  #isFirstList = false
  /** Versions that recorded writes led to. */
  readonly #own = new Set<string>()

  constructor(lines: ReadonlyArray<RecordedLine>) {
    for (const line of lines) {
      if (line.kind === "write" && line.status < 300 && isJsonObject(line.answer)) {
        this.#own.add(revisionOf(line.answer))
      }
    }
  }

  read(line: RecordedLine): void {
    const { resource } = requestLine({ method: "GET", path: line.path, headers: {} })
    if (line.kind === "write") this.#wrote(line)
    else if (line.kind === "list") this.#listedAll(line, resource)
    else if (line.type === "DELETED") this.#lost(line.at, resource, line.object)
    else this.#saw(line.at, resource, line.object)
  }

  #listedAll({ at, path, items }: RecordedList, resource: string): void {
    const [collection = ""] = path.split("?")
    this.#isFirstList = !this.#listed.has(collection)
    for (const item of items) this.#saw(at, resource, item)
    this.#isFirstList = false
    this.#listed.add(collection)
  }

  #idOf(resource: string, object: JsonObject): string {
    const { namespace, name } = metadataOf(object)
    return `${resource} ${textOf(namespace)}/${textOf(name)}`
  }

  #wrote({ method, path, status, answer }: RecordedWrite): void {
    if (status < 200 || status >= 300 || !isJsonObject(answer)) return
    const { resource, namespace, name } = requestLine({ method, path, headers: {} })
    if (method === "DELETE" && answer.kind === "Status") {
      const known = this.#known.get(`${resource} ${namespace}/${name}`)
      if (known !== undefined) known.isLetGo = true
      return
    }
    const { deletionTimestamp, finalizers } = metadataOf(answer)
    const isLetGo = deletionTimestamp !== undefined && (!Array.isArray(finalizers) || finalizers.length === 0)
    const id = this.#idOf(resource, answer)
    const known = this.#known.get(id)
    if (known === undefined || isNewer(answer, known.object)) {
      this.#known.set(id, { object: typed(answer, known?.object), isLetGo })
    }
  }

  #saw(atMs: number, resource: string, found: JsonObject): void {
    const id = this.#idOf(resource, found)
    const known = this.#known.get(id)
    const object = typed(found, known?.object)
    if (known !== undefined && !isNewer(object, known.object)) return
    this.#known.set(id, { object, isLetGo: false })
    if (this.#own.has(revisionOf(object))) return
    const isOther = known !== undefined && metadataOf(known.object).uid !== metadataOf(object).uid
    if (isOther) this.#note(atMs, resource, object, { type: "removed" })
    this.#note(
      atMs,
      resource,
      object,
      known === undefined || isOther
        ? { type: "made", object }
        : { type: "changed", patch: mergePatchBetween(known.object, object) },
    )
  }

  #lost(atMs: number, resource: string, object: JsonObject): void {
    const id = this.#idOf(resource, object)
    const known = this.#known.get(id)
    this.#known.delete(id)
    if (known?.isLetGo !== true) this.#note(atMs, resource, object, { type: "removed" })
  }

  #note(atMs: number, resource: string, object: JsonObject, change: ForeignChange["change"]): void {
    const { namespace, name } = metadataOf(object)
    const isFirst = this.#isFirstList && change.type === "made"
    this.changes.push({ atMs, isFirst, resource, namespace: textOf(namespace), name: textOf(name), change })
  }
}

/** Versions of one server are numbers that grow; where they are not, what comes later is newer. */
const isNewer = (object: JsonObject, than: JsonObject): boolean => {
  const [a, b] = [revisionOf(object), revisionOf(than)]
  if (a === b) return false
  return /^\d+$/.test(a) && /^\d+$/.test(b) ? BigInt(a) > BigInt(b) : true
}

/** In the order in which they were seen. */
export const foreignChanges = ({ lines }: Recording): ReadonlyArray<ForeignChange> => {
  const reader = new ForeignReader(lines)
  for (const line of lines) reader.read(line)
  return reader.changes
}
