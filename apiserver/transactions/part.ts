/** One object of a transaction as the request that it would be by itself. */
import type { Call } from "../call.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation, Target } from "../registry/context.ts"
import type { ResourceRequestInfo } from "../request-info.ts"
import { GatheringWriter } from "./gathering-writer.ts"
import type { Manifest } from "./manifest.ts"

/** The request of the transaction, and what its parts share. */
export interface Whole {
  readonly operation: Operation
  readonly fieldManager: string
  readonly force: boolean
  readonly dryRun: boolean
  readonly namespaces: ReadonlyMap<string, MutableObject>
}

export interface Part {
  readonly manifest: Manifest
  readonly operation: Operation
  readonly writer: GatheringWriter
}

/** The apply PATCH or the DELETE of an object, which keeps what it would write. */
export const partOf = (whole: Whole, manifest: Manifest): Part => {
  const { context, call } = whole.operation
  const { target, verb } = manifest
  const query = verb === "patch" ? patchQuery(whole) : new URLSearchParams()
  if (whole.dryRun) query.set("dryRun", "All")
  const { path, ...place } = placeOf(target)
  const method = verb.toUpperCase()
  const info: ResourceRequestInfo = { type: "resource", verb, method, path, query, ...place }
  const writer = new GatheringWriter()
  const partCall: Call<ResourceRequestInfo> = {
    ...call,
    info,
    warnings: [],
    namespaces: whole.namespaces,
    request: {
      ...call.request,
      method,
      url: query.size === 0 ? path : `${path}?${query}`,
      headers: { ...call.request.headers, "content-type": "application/apply-patch+yaml" },
      body: verb === "patch" ? Buffer.from(JSON.stringify(manifest.object)) : new Uint8Array(),
      // What admission notes of this object for the audit log is kept under its signal.
      signal: AbortSignal.any([call.request.signal]),
    },
  }
  return { manifest, writer, operation: { context: { ...context, writer }, call: partCall, target } }
}

const patchQuery = ({ operation, fieldManager, force }: Whole): URLSearchParams => {
  const query = new URLSearchParams({ fieldManager })
  if (force) query.set("force", "true")
  const validation = operation.call.info.query.get("fieldValidation")
  if (validation !== null) query.set("fieldValidation", validation)
  return query
}

const placeOf = ({ resource, version, namespace, name, subresource }: Target) => {
  const { group, plural } = resource
  const root = group === "" ? `/api/${version.name}` : `/apis/${group}/${version.name}`
  const within = namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace.toWellFormed())}`
  const path = `${root}${within}/${plural}/${encodeURIComponent(name.toWellFormed())}`
  return { path, group, version: version.name, resource: plural, namespace, name, subresource }
}
