/** A manifest file as its documents: YAML or JSON, bounded, each with its places in the text. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from "yaml"
import type { JsonObject } from "../../schemas/index.ts"
import { isObject, textAt, valueAt } from "../json.ts"
import { maxAliases, maxDepth, maxDocuments } from "../limits.ts"
import { placeOf } from "./field-path.ts"
import type { ManifestProblem } from "./problem.ts"

export interface ManifestDocument {
  readonly file: string
  /** From 1, as they stand in the file. */
  readonly index: number
  readonly object: JsonObject
  /** A problem at a field, in whichever spelling; the line is that of the field, or of the nearest thing above it. */
  problem(field: string, message: string): ManifestProblem
}

export interface ParsedManifest {
  readonly documents: ReadonlyArray<ManifestDocument>
  readonly problems: ReadonlyArray<ManifestProblem>
}

/** Never throws. Empty documents are left out; the items of a List are documents of their own. */
export const parseManifest = (file: string, text: string): ParsedManifest => {
  const lines = new LineCounter()
  let parsed: ReadonlyArray<Document>
  try {
    const result = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
    parsed = Array.isArray(result) ? result : []
  } catch (error) {
    const message =
      error instanceof RangeError
        ? "is nested too deeply"
        : error instanceof Error
          ? error.message
          : String(error)
    return { documents: [], problems: [{ file, message }] }
  }
  if (parsed.length > maxDocuments)
    return { documents: [], problems: [{ file, message: `has more than ${maxDocuments} documents` }] }
  const documents: ManifestDocument[] = []
  const problems: ManifestProblem[] = []
  for (const [position, document] of parsed.entries()) {
    const source: SourceDocument = {
      file,
      index: position + 1,
      document,
      line: (offset) => lines.linePos(offset).line,
    }
    const result = readDocument(source)
    documents.push(...result.documents)
    problems.push(...result.problems)
  }
  return { documents, problems }
}

interface SourceDocument {
  readonly file: string
  readonly index: number
  readonly document: Document
  readonly line: (offset: number) => number
}

const refused = (problem: ManifestProblem): ParsedManifest => ({ documents: [], problems: [problem] })

const readDocument = (source: SourceDocument): ParsedManifest => {
  const { file, index, document, line } = source
  const [error] = document.errors
  if (error !== undefined)
    return refused({
      file,
      line: line(error.pos[0]),
      document: index,
      message: `YAML syntax: ${error.message}`,
    })
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return { documents: [], problems: [] }
  const problems = checkNodes(source)
  if (problems.length > 0) return { documents: [], problems }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: maxAliases })
  } catch (cause) {
    const alias = cause instanceof ReferenceError
    const message = alias ? `its aliases expand to more than ${maxAliases}: write it out` : String(cause)
    return refused({ file, line: line(startOf(document)), document: index, message })
  }
  if (!isObject(value))
    return refused({
      file,
      line: line(startOf(document)),
      document: index,
      message: "is not a mapping of fields",
    })
  return textAt(value, "kind") === "List" && Array.isArray(value.items)
    ? readItems(source, value.items)
    : readObject(source, value, "")
}

const startOf = ({ contents }: Document): number => (isNode(contents) ? (contents.range?.[0] ?? 0) : 0)

const readItems = (source: SourceDocument, items: ReadonlyArray<unknown>): ParsedManifest => {
  const results = items.map((item, index) =>
    isObject(item)
      ? readObject(source, item, `items[${index}].`)
      : refused(problemAt(source, {}, { field: `items[${index}]`, message: "is not a mapping of fields" })),
  )
  return {
    documents: results.flatMap(({ documents }) => documents),
    problems: results.flatMap(({ problems }) => problems),
  }
}

const readObject = (source: SourceDocument, object: JsonObject, prefix: string): ParsedManifest => {
  const problem = (field: string, message: string): ManifestProblem =>
    problemAt(source, object, { field: prefix + field.replace(/^\./, ""), message })
  const problems = [...checkTypeMeta(object, problem)]
  const { file, index } = source
  return problems.length > 0
    ? { documents: [], problems }
    : { documents: [{ file, index, object, problem }], problems: [] }
}

const problemAt = (
  { file, index, document, line }: SourceDocument,
  object: JsonObject,
  { field, message }: { readonly field: string; readonly message: string },
): ManifestProblem => {
  const place = placeOf(isNode(document.contents) ? (document.contents as Node) : null, field)
  const name = describeObject(object)
  return {
    file,
    line: line(place.offset),
    document: index,
    ...(name === "" ? {} : { object: name }),
    ...(place.field === "" ? {} : { field: place.field }),
    message,
  }
}

/** `Sandbox default/hello`, as far as it is said. */
const describeObject = (object: JsonObject): string => {
  const namespace = textAt(object, "metadata", "namespace")
  const name = textAt(object, "metadata", "name")
  return [textAt(object, "kind"), namespace === "" ? name : `${namespace}/${name}`]
    .filter((part) => part !== "")
    .join(" ")
}

const checkTypeMeta = function* (
  object: JsonObject,
  problem: (field: string, message: string) => ManifestProblem,
): Iterable<ManifestProblem> {
  for (const field of ["apiVersion", "kind"])
    if (textAt(object, field) === "")
      yield problem(field, Object.hasOwn(object, field) ? "must be text that is not empty" : "is missing")
  if (!isObject(object.metadata)) yield problem("metadata", "is missing, and so is metadata.name")
  else if (textAt(object, "metadata", "name") === "")
    yield problem(
      "metadata.name",
      Object.hasOwn(object.metadata, "name") ? "must be text that is not empty" : "is missing",
    )
  else if (/^\.{1,2}$|[/%\s]/.test(textAt(object, "metadata", "name")))
    yield problem("metadata.name", `${JSON.stringify(object.metadata.name)} is not a name`)
  const namespace = valueAt(object, "metadata", "namespace")
  if (namespace !== undefined && typeof namespace !== "string")
    yield problem("metadata.namespace", "must be text")
}

/** What YAML allows and a manifest does not: a key twice, numbers that JSON has not, endless nesting. */
const checkNodes = (source: SourceDocument): ReadonlyArray<ManifestProblem> => {
  const problems: ManifestProblem[] = []
  const report = (offset: number, field: string, message: string): void =>
    void problems.push({
      file: source.file,
      line: source.line(offset),
      document: source.index,
      ...(field === "" ? {} : { field }),
      message,
    })
  walk(source.document.contents, "", { ...source, report, depth: 0 })
  return problems
}

interface Walk {
  readonly report: (offset: number, field: string, message: string) => void
  readonly line: (offset: number) => number
  readonly depth: number
  readonly document: Document
}

const walk = (node: unknown, path: string, state: Walk): void => {
  const { report, depth } = state
  const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  if (depth > maxDepth) {
    report(offset, path, `is nested more than ${maxDepth} deep`)
    return
  }
  if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value))
    report(offset, path, "is not a number that JSON has")
  if (isAlias(node)) {
    if (node.resolve(state.document) === undefined)
      report(offset, path, `*${node.source} is no anchor before this`)
    return
  }
  const next = { ...state, depth: depth + 1 }
  if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, `${path}[${index}]`, next)
  if (isMap(node)) walkPairs(node.items, path, next)
}

const walkPairs = (pairs: ReadonlyArray<Pair>, path: string, state: Walk): void => {
  const seen = new Map<string, number>()
  for (const { key, value } of pairs) {
    const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0
    const name = isScalar(key) ? String(key.value) : ""
    const field = path === "" ? name : `${path}.${name}`
    if (!isScalar(key)) state.report(offset, path, "has a key that is no text")
    const first = seen.get(name)
    if (first !== undefined) state.report(offset, field, `duplicate key, first on line ${state.line(first)}`)
    seen.set(name, first ?? offset)
    walk(value, field, state)
  }
}
