/** Objects waited for: read, then watched, until they are as asked or the time is over. */
import { setTimeout as delay } from "node:timers/promises"
import type { JsonObject } from "../schemas/index.ts"
import { type Api, isStatus } from "./api.ts"
import { type Resource, singularName } from "./discovery.ts"
import { CliFailure, isReason, StatusFailure } from "./failure.ts"
import { isObject, textAt } from "./json.ts"
import { pollMs } from "./limits.ts"
import { collectionPath, objectPath, withQuery } from "./path.ts"

export interface ObjectName {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
}

export interface WaitOptions {
  /** Without end when absent. */
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
}

/** Undefined stands for an object that is not there. */
export type Wanted = (object: JsonObject | undefined) => boolean

/** Returns the object as it then was. Fails with CliFailure Timeout, which says what was waited for. */
export const awaitObject = async (
  api: Api,
  { resource, namespace, name }: ObjectName,
  { wanted, what, timeoutMs, signal }: WaitOptions & { readonly wanted: Wanted; readonly what: string },
): Promise<JsonObject | undefined> => {
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(Math.ceil(timeoutMs))
  const ended = timeout === undefined ? signal : AbortSignal.any([signal, timeout])
  for (;;) {
    const object = await read(api, objectPath(resource, namespace, name))
    if (wanted(object)) return object
    const path = withQuery(collectionPath(resource, namespace), {
      fieldSelector: `metadata.name=${name}`,
      watch: true,
      resourceVersion: object === undefined ? undefined : textAt(object, "metadata", "resourceVersion"),
    })
    if (!ended.aborted) {
      const found = await watch(api, path, { wanted, signal: ended })
      if (found !== undefined) return found.object
    }
    if (signal.aborted) throw new CliFailure("Timeout", "interrupted")
    await pause(ended)
    if (timeout?.aborted === true)
      throw new CliFailure("Timeout", `timed out waiting for ${singularName(resource)}/${name} ${what}`)
  }
}

/** Between two watches: a server that ends them at once is not to be hammered. */
const pause = async (signal: AbortSignal): Promise<void> => {
  await delay(pollMs, undefined, { signal }).catch(() => {})
}

const read = async (api: Api, path: string): Promise<JsonObject | undefined> => {
  try {
    return await api.json({ path })
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined
    throw error
  }
}

/** One watch to its end: what was found, or undefined when the watch ended before. */
const watch = async (
  api: Api,
  path: string,
  { wanted, signal }: { readonly wanted: Wanted; readonly signal: AbortSignal },
): Promise<{ readonly object: JsonObject | undefined } | undefined> => {
  const stop = new AbortController()
  try {
    const events = await api.lines({ path, signal: AbortSignal.any([signal, stop.signal]) })
    for await (const { type, object } of events) {
      if (type === "ERROR")
        throw isStatus(object) ? new StatusFailure(object) : new CliFailure("Unexpected", "the watch failed")
      if (!isObject(object)) continue
      const now = type === "DELETED" ? undefined : object
      if (wanted(now)) return { object: now }
    }
    return undefined
  } catch (error) {
    if (signal.aborted || isReason(error, "Expired", "Gone")) return undefined
    throw error
  } finally {
    stop.abort()
  }
}

/** Until each is gone, or another has taken its name. */
export const awaitGone = async (
  api: Api,
  objects: ReadonlyArray<ObjectName & { readonly uid: string }>,
  options: WaitOptions,
): Promise<void> => {
  const started = performance.now()
  for (const { uid, ...object } of objects) {
    const wanted: Wanted = (found) =>
      found === undefined || (uid !== "" && textAt(found, "metadata", "uid") !== uid)
    const left =
      options.timeoutMs === undefined
        ? undefined
        : Math.max(0, options.timeoutMs - (performance.now() - started))
    await awaitObject(api, object, { ...options, timeoutMs: left, wanted, what: "to be gone" })
  }
}
