/** Where things are on the wire: the paths and queries of the Kubernetes API. */
import type { Kind } from "../schemas/index.ts"
import type { ListOptions, ObjectKey, WatchOptions, WriteOptions } from "./client.ts"

/** `/api/v1` for core, `/apis/GROUP/VERSION` else. */
export const groupVersionPath = (kind: { readonly group: string; readonly version: string }): string =>
  kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`

/** All objects of a kind: of one namespace, or of all where `namespace` is "". */
export const collectionPath = (kind: Kind, namespace: string): string =>
  kind.namespaced && namespace !== ""
    ? `${groupVersionPath(kind)}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`
    : `${groupVersionPath(kind)}/${kind.plural}`

export const objectPath = (kind: Kind, key: ObjectKey, subresource?: string): string => {
  const path = `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

type QueryValue = string | number | boolean | undefined

/** Appends what is set; names and values are escaped. */
export const withQuery = (path: string, query: { readonly [name: string]: QueryValue }): string => {
  const parts: Array<string> = []
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "" || value === false) continue
    parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  }
  if (parts.length === 0) return path
  return `${path}${path.includes("?") ? "&" : "?"}${parts.join("&")}`
}

export const listQuery = (options: ListOptions) => ({
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  limit: options.limit,
  continue: options.continue,
  resourceVersion: options.resourceVersion,
  resourceVersionMatch: options.resourceVersionMatch,
  fields: options.fields?.join(","),
})

/** `sendInitialEvents` is refused by servers unless it says how fresh the events must be (KEP-3157). */
export const watchQuery = (options: WatchOptions) => ({
  watch: true,
  labelSelector: options.labelSelector,
  fieldSelector: options.fieldSelector,
  resourceVersion: options.resourceVersion,
  allowWatchBookmarks: options.allowBookmarks,
  sendInitialEvents: options.sendInitialEvents,
  resourceVersionMatch: options.sendInitialEvents === true ? "NotOlderThan" : undefined,
  timeoutSeconds: options.timeoutSeconds,
  fields: options.fields?.join(","),
  skipUnchanged: options.skipUnchanged,
})

export const writeQuery = (options: WriteOptions) => ({
  fieldManager: options.fieldManager,
  dryRun: options.dryRun === true ? "All" : undefined,
  fieldValidation: options.fieldValidation,
})
