/** `mctl describe`: an object field by field, its conditions as a table, and the events about it. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { Api } from "../api.ts"
import type { Run } from "../command.ts"
import type { Resource } from "../discovery.ts"
import { withResources } from "../discovery-cache.ts"
import { CliFailure, isReason } from "../failure.ts"
import { arrayAt, isArray, isObject, objectAt, textAt } from "../json.ts"
import { maxEventsShown } from "../limits.ts"
import { listObjects } from "../list-pages.ts"
import { formatAge } from "../output/age.ts"
import { Columns, cellText, plainText } from "../output/columns.ts"
import { objectPath, withQuery } from "../path.ts"
import { namespaceOf, print, warn } from "../program.ts"
import { parseTargets } from "../resource-name.ts"

export const runDescribe: Run = async (args, program) => {
  const cluster = await program.connect(args)
  const namespace = namespaceOf(args, cluster)
  const query = { labelSelector: args.text("selector"), fieldSelector: args.text("field-selector") }
  const objects: JsonObject[] = []
  for (const { resource, name } of await withResources(cluster, (resources) =>
    parseTargets(resources, args.operands),
  )) {
    if (name === undefined) objects.push(...(await listObjects(cluster.api, resource, { namespace, query })))
    else
      objects.push(
        await cluster.api.json({ path: objectPath(resource, oneNamespace(resource, namespace), name) }),
      )
  }
  for (const [index, object] of objects.entries()) {
    const events = await eventsOf(cluster.api, object)
    print(program, `${index > 0 ? "\n\n" : ""}${formatObject(object)}${formatEvents(events, Date.now())}`)
  }
  if (objects.length === 0) warn(program, "No resources found\n")
  return 0
}

const oneNamespace = ({ namespaced }: Resource, namespace: string): string => {
  if (namespaced && namespace === "")
    throw new CliFailure("Usage", "a name is in one namespace: -A goes without names")
  return namespace
}

const eventsOf = async (api: Api, object: JsonObject): Promise<ReadonlyArray<JsonObject>> => {
  const metadata = objectAt(object, "metadata")
  const fieldSelector = [
    `involvedObject.kind=${textAt(object, "kind")}`,
    `involvedObject.name=${textAt(metadata, "name")}`,
    `involvedObject.uid=${textAt(metadata, "uid")}`,
  ].join(",")
  const namespace = textAt(metadata, "namespace") || "default"
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`
  try {
    const list = await api.json({ path: withQuery(path, { fieldSelector }) })
    return arrayAt(list, "items").filter(isObject)
  } catch (error) {
    // Whoever may read the object may not always read events, and a server need not have them.
    if (isReason(error, "NotFound", "Forbidden")) return []
    throw error
  }
}

/** In the order of a person's questions: which one, what is wanted, what is. */
export const formatObject = (object: JsonObject): string => {
  const { apiVersion, kind, metadata, status, ...rest } = object
  const { name, namespace, labels, annotations, managedFields, uid, resourceVersion, ...more } = isObject(
    metadata,
  )
    ? metadata
    : {}
  const head: JsonObject = {
    name: name ?? null,
    ...(namespace === undefined ? {} : { namespace }),
    labels: isObject(labels) ? labels : null,
    annotations: isObject(annotations) ? annotations : null,
    apiVersion: apiVersion ?? null,
    kind: kind ?? null,
    metadata: { ...more, ...(uid === undefined ? {} : { uid }) },
  }
  const { conditions, ...observed } = isObject(status) ? status : {}
  return [
    formatFields(head, ""),
    formatFields(kind === "Secret" ? withoutValues(rest) : rest, ""),
    status === undefined ? "" : formatFields({ status: observed }, ""),
    isArray(conditions) ? formatConditions(conditions) : "",
  ].join("")
}

/** A Secret's values are told by their length only. */
const withoutValues = (object: JsonObject): JsonObject => ({
  ...object,
  data: Object.fromEntries(
    Object.entries(objectAt(object, "data")).map(([key, value]) => [
      key,
      `${Buffer.from(String(value), "base64").byteLength} bytes`,
    ]),
  ),
})

/** Fields whose keys are people's own words, not names of fields. */
const maps: ReadonlySet<string> = new Set([
  ...["labels", "matchLabels", "selector", "nodeSelector", "annotations", "data", "binaryData", "stringData"],
  ...["limits", "requests", "capacity", "allocatable"],
])

const formatFields = (
  object: JsonObject,
  indent: string,
  name: (field: string) => string = title,
): string => {
  const plain = Object.entries(object).filter(([, value]) => !isNested(value))
  const width = Math.max(0, ...plain.map(([field]) => name(field).length)) + 2
  return Object.entries(object)
    .map(([field, value]) => {
      if (!isNested(value)) return `${indent}${`${name(field)}:`.padEnd(width)} ${scalarText(value)}\n`
      return `${indent}${name(field)}:\n${formatNested(value, `${indent}  `, maps.has(field) ? asItIs : title)}`
    })
    .join("")
}

const asItIs = (field: string): string => plainText(field)

const isNested = (value: Json): boolean =>
  (isObject(value) && Object.keys(value).length > 0) || (isArray(value) && value.length > 0)

const formatNested = (value: Json, indent: string, name: (field: string) => string): string => {
  if (isObject(value)) return formatFields(value, indent, name)
  if (!isArray(value)) return ""
  return value
    .map((item) =>
      isObject(item)
        ? `${indent}- ${formatFields(item, `${indent}  `).trimStart()}`
        : `${indent}- ${isArray(item) ? JSON.stringify(item) : scalarText(item)}\n`,
    )
    .join("")
}

const scalarText = (value: Json): string => {
  if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) return "<none>"
  return plainText(typeof value === "string" ? value : JSON.stringify(value))
}

/** `restartPolicy` is shown as `Restart Policy`; what is no field name stays as it is. */
const title = (name: string): string => {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return name
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z](?!s\b)[a-z])/g, "$1 $2")
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const formatConditions = (conditions: ReadonlyArray<Json>): string => {
  const rows = conditions.map((one) =>
    ["type", "status", "reason", "message"].map((field) => cellText(textAt(one, field))),
  )
  return indented("Conditions", ["TYPE", "STATUS", "REASON", "MESSAGE"], rows)
}

const indented = (
  name: string,
  heading: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): string => `${name}:\n${new Columns().format([heading, ...rows]).replaceAll(/^(?=.)/gm, "  ")}`

export const formatEvents = (events: ReadonlyArray<JsonObject>, nowMs: number): string => {
  if (events.length === 0) return "Events: <none>\n"
  const timeOf = (event: JsonObject): string =>
    textAt(event, "series", "lastObservedTime") ||
    textAt(event, "lastTimestamp") ||
    textAt(event, "eventTime")
  const sorted = [...events].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)).slice(-maxEventsShown)
  const rows = sorted.map((event) => {
    const count = event.count ?? 1
    const age = formatAge(timeOf(event), nowMs)
    return [
      cellText(event.type),
      cellText(event.reason),
      typeof count === "number" && count > 1 ? `${age} (x${count})` : age,
      cellText(textAt(event, "reportingComponent") || textAt(event, "source", "component")),
      cellText(event.message),
    ]
  })
  return indented("Events", ["TYPE", "REASON", "AGE", "FROM", "MESSAGE"], rows)
}
