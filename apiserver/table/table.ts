/**
 * Objects as a meta.k8s.io/v1 Table, which is what `kubectl get` prints.
 * Source: apiextensions `customresource/tableconvertor`. Start with {@link makeTable}.
 */
import type {
  Json,
  JsonObject,
  ListMeta,
  PrinterColumn,
  ResourceVersionDefinition,
} from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"
import { humanDuration } from "./human-duration.ts"
import { compileJsonPath, type JsonPath } from "./json-path.ts"

export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export type Cell = string | number | boolean | null

export interface TableRow {
  readonly cells: ReadonlyArray<Cell>
  readonly object?: JsonObject
}

export interface Table {
  readonly kind: "Table"
  readonly apiVersion: "meta.k8s.io/v1"
  readonly metadata: ListMeta
  readonly columnDefinitions: ReadonlyArray<TableColumn>
  readonly rows: ReadonlyArray<TableRow>
}

/** How much of each object a row carries. */
export type IncludeObject = "None" | "Metadata" | "Object"

interface Column {
  readonly type: PrinterColumn["type"]
  readonly select: JsonPath
}

interface Columns {
  readonly definitions: ReadonlyArray<TableColumn>
  readonly after: ReadonlyArray<Column>
}

const nameColumn: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  priority: 0,
}

const ageColumn: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "When the object was created.",
}

const compiled = new WeakMap<ResourceVersionDefinition, Columns>()

const columnsOf = (version: ResourceVersionDefinition): Columns => {
  const known = compiled.get(version)
  if (known !== undefined) return known
  const declared = version.additionalPrinterColumns ?? []
  const columns = declared.length === 0 ? [ageColumn] : declared
  const made: Columns = {
    definitions: [
      nameColumn,
      ...columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    after: columns.map(({ type, jsonPath }) => ({ type, select: compileJsonPath(jsonPath) })),
  }
  compiled.set(version, made)
  return made
}

const dateCell = (value: Json, now: number): Cell => {
  if (typeof value !== "string") return null
  const time = Date.parse(value)
  return Number.isNaN(time) ? "<invalid>" : humanDuration(now - time)
}

const cellOf = (value: Json | undefined, type: PrinterColumn["type"], now: number): Cell => {
  if (value === undefined || value === null) return null
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null
    case "number":
      return typeof value === "number" ? value : null
    case "boolean":
      return typeof value === "boolean" ? value : null
    case "date":
      return dateCell(value, now)
    default:
      return typeof value === "string" ? value : JSON.stringify(value)
  }
}

/** The columns: Name, then the version's own, or Age when it has none. Fails with Invalid on a bad jsonPath. */
export const tableColumns = (version: ResourceVersionDefinition): ReadonlyArray<TableColumn> =>
  columnsOf(version).definitions

/** One object's cells, in the order of {@link tableColumns}; absent values are null. `now` is in epoch milliseconds. */
export const tableRow = (version: ResourceVersionDefinition, object: JsonObject, now: number): TableRow => {
  const metadata = own(object, "metadata")
  const name = isObject(metadata) ? own(metadata, "name") : undefined
  const cells: Cell[] = [typeof name === "string" ? name : null]
  for (const { type, select } of columnsOf(version).after) cells.push(cellOf(select(object)[0], type, now))
  return { cells }
}

/** The object as PartialObjectMetadata. */
export const partialObjectMetadata = (object: JsonObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: own(object, "metadata") ?? {},
})

/** What a row carries of its object; undefined for nothing. */
export const includedObject = (object: JsonObject, include: IncludeObject): JsonObject | undefined => {
  if (include === "None") return undefined
  return include === "Object" ? object : partialObjectMetadata(object)
}

export interface TableInput {
  readonly version: ResourceVersionDefinition
  readonly objects: ReadonlyArray<JsonObject>
  /** Epoch milliseconds. */
  readonly now: number
  readonly includeObject?: IncludeObject
  readonly metadata?: ListMeta
}

/** A whole Table; rows share the objects that they carry. */
export const makeTable = ({
  version,
  objects,
  now,
  includeObject = "Metadata",
  metadata = {},
}: TableInput): Table => ({
  kind: "Table",
  apiVersion: "meta.k8s.io/v1",
  metadata,
  columnDefinitions: tableColumns(version),
  rows: objects.map((object) => {
    const { cells } = tableRow(version, object, now)
    const included = includedObject(object, includeObject)
    return included === undefined ? { cells } : { cells, object: included }
  }),
})
