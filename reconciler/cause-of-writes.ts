/**
 * Why a write was made, as the header `Miren-Cause` says it: who reconciled what, which object versions woke it, and which it had
 * read when it wrote. Start with {@link causeText} and {@link parseCause}.
 *
 *     cause    = "controller/" text *( "; " part )
 *     part     = "request=" text "/" text / "reconcile=" text / "woke=" versions / "read=" versions
 *     versions = version *( "," version ) [ ",+" count ]
 *     version  = kind [ "." group ] "/" namespace "/" ( name / "*" ) "@" resourceVersion
 *
 * `*` is a list, at the list's version; no resourceVersion: there was no such object. `+count`: so many more than are named.
 * Texts are percent-encoded but for letters, digits and `-._~`. Parts come in this order, each at most once; a reader passes over
 * parts that it does not know. At most {@link maxCauseLength} characters.
 */
import type { Read } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import { maxCauseLength, maxVersionsInCause, maxWakersPerKey } from "./limits.ts"
import type { Change } from "./object-cache.ts"
import type { Request } from "./reconciler.ts"
import { keyString } from "./request.ts"

/** One version of one object, or of a list of them. */
export interface ObjectVersion {
  /** The kind, with its group where it has one: `ConfigMap`, `Deployment.apps`. */
  readonly kind: string
  readonly namespace: string
  /** "*": a list. */
  readonly name: string
  /** "": there was no such object. */
  readonly resourceVersion: string
}

export interface Cause {
  readonly controller: string
  readonly request: Request
  readonly reconcileID: string
  readonly woke: ReadonlyArray<ObjectVersion>
  /** How many woke it besides those named. */
  readonly wokeMore: number
  readonly read: ReadonlyArray<ObjectVersion>
  readonly readMore: number
}

/** `Kind.group`, or the kind alone for core. */
export const qualifiedKind = ({ kind, group }: { readonly kind: string; readonly group: string }): string =>
  group === "" ? kind : `${kind}.${group}`

/** The version that an object is. */
export const versionOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectVersion => {
  const slash = apiVersion.indexOf("/")
  return {
    kind: slash === -1 ? kind : `${kind}.${apiVersion.slice(0, slash)}`,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    resourceVersion: metadata.resourceVersion ?? "",
  }
}

export const versionRead = ({ kind, key, namespace, resourceVersion }: Read): ObjectVersion => ({
  kind: qualifiedKind(kind),
  namespace: key?.namespace ?? namespace ?? "",
  name: key?.name ?? "*",
  resourceVersion: resourceVersion ?? "",
})

/** Most texts need nothing. */
const plain = /^[\w.~-]*$/
const encode = (text: string): string =>
  plain.test(text)
    ? text
    : encodeURIComponent(text.toWellFormed()).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16)}`,
      )

const versionText = ({ kind, namespace, name, resourceVersion }: ObjectVersion): string =>
  `${encode(kind)}/${encode(namespace)}/${name === "*" ? name : encode(name)}@${encode(resourceVersion)}`

/** A part with as many versions as have room, and the count of the rest. */
const versionsPart = (
  name: string,
  {
    versions,
    more,
    room,
  }: { readonly versions: ReadonlyArray<ObjectVersion>; readonly more: number; readonly room: number },
): string => {
  if (versions.length === 0 && more === 0) return ""
  const texts: Array<string> = []
  // Room for the name of the part, and for the count of what is left out.
  let left = room - name.length - 16
  for (const version of versions) {
    const text = versionText(version)
    if (texts.length === maxVersionsInCause || text.length + 1 > left) break
    left -= text.length + 1
    texts.push(text)
  }
  const rest = versions.length - texts.length + more
  return `; ${name}=${[...texts, ...(rest === 0 ? [] : [`+${rest}`])].join(",")}`
}

export const causeText = (cause: Cause): string => {
  const { controller, request, reconcileID, woke, wokeMore, read, readMore } = cause
  const who = `controller/${encode(controller)}; request=${encode(request.namespace)}/${encode(request.name)}`
  const head = `${who}; reconcile=${encode(reconcileID)}`
  const wokePart = versionsPart("woke", {
    versions: woke,
    more: wokeMore,
    room: maxCauseLength - head.length,
  })
  const room = maxCauseLength - head.length - wokePart.length
  return head + wokePart + versionsPart("read", { versions: read, more: readMore, room })
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const parseVersion = (text: string): ObjectVersion | undefined => {
  const found = /^([^/@]+)\/([^/@]*)\/([^/@]+)@([^/@]*)$/.exec(text)
  if (found === null) return undefined
  const [kind, namespace, name, resourceVersion] = found.slice(1).map(decode)
  if (kind === undefined || namespace === undefined || name === undefined || resourceVersion === undefined) {
    return undefined
  }
  return { kind, namespace, name, resourceVersion }
}

const parseVersions = (text: string | undefined) => {
  const versions: Array<ObjectVersion> = []
  let more = 0
  for (const one of text === undefined ? [] : text.split(",")) {
    if (/^\+\d{1,9}$/.test(one)) more += Number(one)
    else {
      const version = parseVersion(one)
      if (version === undefined) return undefined
      versions.push(version)
    }
  }
  return { versions, more }
}

/** What the header says; undefined where it is not of a controller, or not by the grammar. */
export const parseCause = (text: string): Cause | undefined => {
  if (text.length > maxCauseLength) return undefined
  const [who = "", ...rest] = text.split("; ")
  const controller = who.startsWith("controller/") ? decode(who.slice("controller/".length)) : undefined
  const parts = new Map(
    rest.map((part): [string, string] => {
      const at = part.indexOf("=")
      return [part.slice(0, at), part.slice(at + 1)]
    }),
  )
  const [namespace, name, ...tooMany] = (parts.get("request") ?? "").split("/").map(decode)
  const woke = parseVersions(parts.get("woke"))
  const read = parseVersions(parts.get("read"))
  const reconcileID = decode(parts.get("reconcile") ?? "")
  if (controller === undefined || controller === "" || reconcileID === undefined) return undefined
  if (namespace === undefined || name === undefined || tooMany.length > 0) return undefined
  if (woke === undefined || read === undefined) return undefined
  return {
    controller,
    request: { namespace, name },
    reconcileID,
    woke: woke.versions,
    wokeMore: woke.more,
    read: read.versions,
    readMore: read.more,
  }
}

/** What woke a key since it was last taken. */
export interface Woken {
  readonly versions: ReadonlyArray<ObjectVersion>
  readonly more: number
}

const nothing: Woken = { versions: [], more: 0 }

/** The object versions that woke each key since it was last taken; the first few of each, and how many more. */
export class Wakers {
  readonly #byKey = new Map<string, { readonly versions: Array<ObjectVersion>; more: number }>()

  note(request: Request, change: Change): void {
    const object = change.new ?? change.old
    if (object === undefined) return
    const key = keyString(request)
    const wakers = this.#byKey.get(key)
    if (wakers === undefined) this.#byKey.set(key, { versions: [versionOf(object)], more: 0 })
    else if (wakers.versions.length < maxWakersPerKey) wakers.versions.push(versionOf(object))
    else wakers.more += 1
  }

  take(request: Request): Woken {
    const key = keyString(request)
    const woken = this.#byKey.get(key)
    this.#byKey.delete(key)
    return woken ?? nothing
  }
}
