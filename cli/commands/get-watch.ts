/** `mctl get -w`: what there is, then each change; through broken and expired watches, without repeating a row. */
import { setTimeout as delay } from "node:timers/promises"
import type { JsonObject } from "../../schemas/index.ts"
import { isStatus } from "../api.ts"
import { apiVersionOf, type Resource } from "../discovery.ts"
import { CliFailure, isReason, StatusFailure } from "../failure.ts"
import { arrayAt, isObject, objectAt, textAt } from "../json.ts"
import { pollMs } from "../limits.ts"
import type { OutputFormat } from "../output/format.ts"
import { tableAccept } from "../output/table.ts"
import { collectionPath, objectPath, withQuery } from "../path.ts"
import { print } from "../program.ts"
import type { Target } from "../resource-name.ts"
import { type GetRequest, tablePrinter } from "./get-request.ts"

/** Ends when the program is interrupted, with exit code 0, or fails. */
export const watchTargets = async (request: GetRequest, format: OutputFormat): Promise<number> => {
  const names = request.targets.filter(({ name }) => name !== undefined)
  if (names.length > 0 && request.targets.length > 1)
    throw new CliFailure("Usage", "-w takes one name, or types without names")
  await Promise.all(
    request.targets.map((target) => follow(request, target, sinkOf(request, target.resource, format))),
  )
  return 0
}

/** Prints a Table or a List, or the table or object of an event. */
type Sink = (document: JsonObject) => Promise<void>

const sinkOf = (request: GetRequest, resource: Resource, format: OutputFormat): Sink => {
  const { program, args } = request
  const seen = new Map<string, string>()
  if (format.type === "objects")
    return async (object) => {
      if (!isNews(seen, objectAt(object, "metadata"))) return
      print(program, `${args.text("output") === "yaml" ? "---\n" : ""}${await format.print(object)}`)
    }
  const printer = tablePrinter(request, resource, format.wide)
  return async (table) => {
    const rows = arrayAt(table, "rows").filter((row) => isNews(seen, objectAt(row, "object", "metadata")))
    print(program, printer.format({ ...table, rows }))
  }
}

/** False for a version that was printed already: after a relist most of them were. */
const isNews = (seen: Map<string, string>, metadata: JsonObject): boolean => {
  const uid = textAt(metadata, "uid")
  const version = textAt(metadata, "resourceVersion")
  if (uid !== "" && seen.get(uid) === version) return false
  seen.set(uid, version)
  return true
}

const follow = async (request: GetRequest, target: Target, sink: Sink): Promise<void> => {
  const { program } = request
  let version = await printList(request, target, sink)
  while (!program.signal.aborted) {
    const next = await watchOnce(request, target, { sink, version })
    await delay(pollMs, undefined, { signal: program.signal }).catch(() => {})
    if (program.signal.aborted) return
    version = next ?? (await printList(request, target, sink))
  }
}

const acceptOf = (request: GetRequest): string => {
  const output = request.args.text("output")
  return output === undefined || ["", "table", "wide"].includes(output) ? tableAccept : "application/json"
}

/** Returns the version to watch from. */
const printList = async (request: GetRequest, { resource, name }: Target, sink: Sink): Promise<string> => {
  const { api, namespace, query } = request
  const accept = acceptOf(request)
  const path =
    name === undefined
      ? withQuery(collectionPath(resource, namespace), query)
      : objectPath(resource, namespace, name)
  const document = await api.json({ path, accept })
  if (Array.isArray(document.items)) {
    for (const item of document.items)
      if (isObject(item)) await sink({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item })
  } else await sink(document)
  return textAt(document, "metadata", "resourceVersion")
}

/** One watch to its end: the version reached, or undefined when it is too old and all must be listed again. */
const watchOnce = async (
  request: GetRequest,
  { resource, name }: Target,
  { sink, version }: { readonly sink: Sink; readonly version: string },
): Promise<string | undefined> => {
  const { api, namespace, query, program } = request
  let reached = version
  const path = withQuery(collectionPath(resource, namespace), {
    ...query,
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: version,
  })
  try {
    for await (const { type, object } of await api.lines({
      path,
      accept: acceptOf(request),
      signal: program.signal,
    })) {
      if (type === "ERROR") throw failureOf(object)
      if (!isObject(object)) continue
      reached = versionOf(object) || reached
      if (type !== "BOOKMARK") await sink(object)
    }
    return reached
  } catch (error) {
    if (isReason(error, "Expired", "Gone")) return undefined
    if (program.signal.aborted) return reached
    throw error
  }
}

const failureOf = (object: unknown): Error =>
  isStatus(object)
    ? new StatusFailure(object)
    : new CliFailure("Unexpected", "the watch ended with an unknown error")

/** Of an object, a bookmark, or the last row of a table. */
const versionOf = (object: JsonObject): string => {
  const rows = arrayAt(object, "rows")
  return (
    textAt(rows[rows.length - 1], "object", "metadata", "resourceVersion") ||
    textAt(object, "metadata", "resourceVersion")
  )
}
