/** A schema file as it was written: its value, and where in the text each part of it stands. */
import { type Document, isMap, isNode, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml"
import type { Json, JsonObject } from "../schemas/index.ts"
import { type FieldPath, formatPath, SchemaError, type SchemaProblem } from "./problem.ts"

export interface Source {
  readonly file: string
  readonly value: JsonObject
  /** A problem at the field of this path (its key where it has one), or at the nearest field that exists above it. */
  problem(path: FieldPath, message: string): SchemaProblem
}

/** The documents of a file, in order; empty ones are left out. Fails with SchemaError on anything that is no YAML mapping. */
export const parseSources = (file: string, text: string): ReadonlyArray<Source> => {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true })
  return [...documents]
    .filter((document) => document.errors.length > 0 || document.toJS({ maxAliasCount: 1000 }) !== null)
    .map((document) => sourceOf(document, file, lines))
}

/** The one document of a file. */
export const parseSource = (file: string, text: string): Source => {
  const [source, second] = parseSources(file, text)
  if (source === undefined)
    throw new SchemaError([
      { file, line: 1, column: 1, path: "", message: "a schema file is one YAML mapping" },
    ])
  if (second !== undefined) throw new SchemaError([second.problem([], "a schema file is one document")])
  return source
}

const sourceOf = (document: Document.Parsed, file: string, lines: LineCounter): Source => {
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    const message = error.message.split("\n")[0] ?? error.message
    throw new SchemaError([{ file, line, column: col, path: "", message }])
  }
  const problem = (path: FieldPath, message: string): SchemaProblem => {
    const { line, col } = lines.linePos(offsetOf(document.contents, path))
    return { file, line, column: col, path: formatPath(path), message }
  }
  const value: Json = document.toJS({ maxAliasCount: 1000 })
  if (!isObject(value)) throw new SchemaError([problem([], "a schema file is one YAML mapping")])
  return { file, value, problem }
}

const offsetOf = (root: Node | null, path: FieldPath): number => {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isNode(key) && String(key) === String(step))
      if (pair === undefined) return offset
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step]
      if (!isNode(node)) return offset
      offset = node.range?.[0] ?? offset
    } else return offset
  }
  return offset
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: unknown): value is ReadonlyArray<Json> => Array.isArray(value)
