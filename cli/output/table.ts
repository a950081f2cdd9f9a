/** The server's Tables (meta.k8s.io/v1) as text, for one resource or several, once or event by event. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { type Resource, singularName } from "../discovery.ts"
import { arrayAt, objectAt, textAt, valueAt } from "../json.ts"
import { Columns, cellText } from "./columns.ts"

export interface TableOptions {
  readonly wide: boolean
  readonly headers: boolean
  readonly labels: boolean
  /** A first column with the namespace. */
  readonly namespaces: boolean
  /** Names as `sandbox.compute.miren.dev/x`, where a listing has several resources. */
  readonly kinds: boolean
  /** Marks words that mean well or ill, on a terminal. */
  readonly colour: boolean
}

export const tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

interface Column {
  readonly name: string
  readonly index: number
}

export class TablePrinter {
  readonly #resource: Resource
  readonly #options: TableOptions
  readonly #columns = new Columns()
  #definitions: ReadonlyArray<Column> = []
  #headed = false

  constructor(resource: Resource, options: TableOptions) {
    this.#resource = resource
    this.#options = options
  }

  /** Whether a row was printed yet. */
  get headed(): boolean {
    return this.#headed
  }

  /** The lines of a Table; the heading comes before the first row ever. Events after the first may lack definitions. */
  format(table: JsonObject): string {
    const definitions = arrayAt(table, "columnDefinitions")
    if (definitions.length > 0) this.#definitions = this.#shown(definitions)
    const rows = arrayAt(table, "rows").map((row) => this.#cells(row))
    if (rows.length === 0) return ""
    const heading = this.#options.headers && !this.#headed ? [this.#heading()] : []
    this.#headed = true
    const lines = this.#columns.format([...heading, ...rows])
    return this.#options.colour ? colourStates(lines) : lines
  }

  #shown(definitions: ReadonlyArray<Json>): ReadonlyArray<Column> {
    return definitions.flatMap((definition, index) => {
      const priority = valueAt(definition, "priority")
      return this.#options.wide || !(typeof priority === "number" && priority > 0)
        ? [{ name: textAt(definition, "name"), index }]
        : []
    })
  }

  #heading(): ReadonlyArray<string> {
    return [
      ...(this.#options.namespaces ? ["NAMESPACE"] : []),
      ...this.#definitions.map(({ name }) => name.toUpperCase()),
      ...(this.#options.labels ? ["LABELS"] : []),
    ]
  }

  #cells(row: Json): ReadonlyArray<string> {
    const cells = arrayAt(row, "cells")
    const metadata = objectAt(row, "object", "metadata")
    return [
      ...(this.#options.namespaces ? [cellText(textAt(metadata, "namespace"))] : []),
      ...this.#definitions.map(({ name, index }) => {
        const cell = cellText(cells[index])
        return this.#options.kinds && name.toLowerCase() === "name"
          ? `${singularName(this.#resource)}/${cell}`
          : cell
      }),
      ...(this.#options.labels ? [labelText(objectAt(metadata, "labels"))] : []),
    ]
  }
}

const labelText = (labels: JsonObject): string =>
  cellText(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(","),
  )

const states: ReadonlyArray<readonly [pattern: RegExp, code: number]> = [
  [/(?<=\s)(False|Failed|Error|Warning|CrashLoopBackOff|ImagePullBackOff|OOMKilled)(?=\s)/g, 31],
  [/(?<=\s)(Unknown|Terminating|Pending)(?=\s)/g, 33],
  [/(?<=\s)(True|Running|Active)(?=\s)/g, 32],
]

/** Colour takes no width, so it is put on lines that are aligned already. */
const colourStates = (lines: string): string =>
  states.reduce((text, [pattern, code]) => text.replaceAll(pattern, `\u001b[${code}m$1\u001b[0m`), lines)
