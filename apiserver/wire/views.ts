/** Other views of objects: Table and PartialObjectMetadata. */
import type { MutableObject } from "../machinery.ts"
import type { Negotiated } from "../negotiation.ts"
import { metadataOf } from "../registry/object-meta.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { badRequest } from "../status-error.ts"
import { type Cell, tableColumns, tableRow } from "../table/index.ts"

export type IncludeObject = "None" | "Metadata" | "Object"

/** How much of the object a Table's row carries. Fails with `BadRequest`. */
export const parseIncludeObject = (query: URLSearchParams): IncludeObject => {
  const value = query.get("includeObject") ?? ""
  if (value === "" || value === "Metadata") return "Metadata"
  if (value === "None" || value === "Object") return value
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`)
}

export const partialMetadata = (object: MutableObject, viewVersion: string): MutableObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: `meta.k8s.io/${viewVersion}`,
  metadata: metadataOf(object),
})

export interface TableView {
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  /** Milliseconds: ages are told against it. */
  readonly now: number
}

const cellsOf = (object: MutableObject, { resource, version, now }: TableView): ReadonlyArray<Cell> => {
  const { cells } = tableRow(version.definition, object, now)
  const own = resource.facade?.cells(object, now) ?? resource.strategy.cells?.(object, now)
  return own === undefined ? cells : cells.map((cell, index) => own[index - 1] ?? cell)
}

/** A row of a Table. */
export const rowOf = (object: MutableObject, view: TableView): object => {
  const cells = cellsOf(object, view)
  switch (view.include) {
    case "None":
      return { cells }
    case "Metadata":
      return { cells, object: partialMetadata(object, view.negotiated.viewVersion) }
    case "Object":
      return { cells, object }
  }
}

/** A Table of objects; without columns for the later events of a watch. */
export const tableOf = (
  objects: ReadonlyArray<MutableObject>,
  view: TableView,
  more: { readonly metadata: object; readonly columns: boolean },
): object => ({
  kind: "Table",
  apiVersion: `meta.k8s.io/${view.negotiated.viewVersion}`,
  metadata: more.metadata,
  columnDefinitions: more.columns ? tableColumns(view.version.definition) : [],
  rows: objects.map((object) => rowOf(object, view)),
})
