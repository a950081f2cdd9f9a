/**
 * kubectl's JSONPath templates: literal text with expressions in braces, `{range ...}...{end}`, filters, slices, unions,
 * recursive descent. A field that is not there gives nothing. Start with {@link compileTemplate}.
 * Source: k8s.io/client-go/util/jsonpath, by its documentation.
 */
import type { Json } from "../../schemas/index.ts"
import { CliFailure } from "../failure.ts"
import { isArray, isObject } from "../json.ts"
import { type Operand, type Path, parsePath, type Step } from "./json-path-parser.ts"

export type Template = (root: Json) => string

type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "values"; readonly path: Path }
  | { readonly type: "range"; readonly path: Path; readonly body: ReadonlyArray<Node> }

/** Fails with CliFailure Usage. Text without any brace is one expression. */
export const compileTemplate = (source: string): Template => {
  const pieces = splitTemplate(source.includes("{") ? source : `{${source}}`)
  const { nodes, rest } = parseNodes(pieces, false)
  if (rest.length > 0) throw refused(source, "{end} without {range}")
  return (root) => renderNodes(nodes, root, root)
}

/** One path without braces or with them: `.spec.x`, `{.spec.x}`. */
export const compilePath = (source: string): ((root: Json) => ReadonlyArray<Json>) => {
  const bare = source.replace(/^\{(.*)\}$/s, "$1")
  const path = parsePath(/^[.$@[]/.test(bare) ? bare : `.${bare}`)
  return (root) => selectPath(path, { root, current: root })
}

/** As kubectl prints a value: text as it is, objects and lists as JSON. */
export const formatValue = (value: Json): string =>
  typeof value === "string" ? value : value === null ? "" : JSON.stringify(value)

const refused = (source: string, why: string): CliFailure =>
  new CliFailure("Usage", `jsonpath ${source}: ${why}`)

interface Piece {
  readonly type: "text" | "expression"
  readonly text: string
}

const splitTemplate = (source: string): ReadonlyArray<Piece> => {
  const pieces: Piece[] = []
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf("{", at)
    const end = open === -1 ? source.length : open
    if (end > at) pieces.push({ type: "text", text: source.slice(at, end) })
    if (open === -1) break
    const close = closingBrace(source, open)
    pieces.push({ type: "expression", text: source.slice(open + 1, close).trim() })
    at = close + 1
  }
  return pieces
}

/** The brace that ends the expression; braces in quotes do not count. */
const closingBrace = (source: string, open: number): number => {
  let quote = ""
  for (let at = open + 1; at < source.length; at++) {
    const character = source[at] ?? ""
    if (quote !== "") {
      if (character === "\\") at++
      else if (character === quote) quote = ""
    } else if (character === '"' || character === "'") quote = character
    else if (character === "}") return at
  }
  throw refused(source, "a { is not closed")
}

const parseNodes = (
  pieces: ReadonlyArray<Piece>,
  inRange: boolean,
): { readonly nodes: ReadonlyArray<Node>; readonly rest: ReadonlyArray<Piece> } => {
  const nodes: Node[] = []
  let rest = pieces
  for (;;) {
    const [piece, ...others] = rest
    if (piece === undefined) {
      if (inRange) throw refused("template", "{range} without {end}")
      return { nodes, rest: [] }
    }
    rest = others
    if (piece.type === "text") nodes.push(piece as Node & Piece)
    else if (piece.text === "end") return { nodes, rest: inRange ? rest : [piece, ...rest] }
    else if (/^range\b/.test(piece.text)) {
      const inner = parseNodes(rest, true)
      nodes.push({
        type: "range",
        path: parsePath(piece.text.slice("range".length).trim()),
        body: inner.nodes,
      })
      rest = inner.rest
    } else if (/^["']/.test(piece.text)) nodes.push({ type: "text", text: unquote(piece.text) })
    else nodes.push({ type: "values", path: parsePath(piece.text) })
  }
}

const escapes: { readonly [letter: string]: string } = { n: "\n", t: "\t", r: "\r" }

const unquote = (text: string): string =>
  text.slice(1, -1).replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter)

const renderNodes = (nodes: ReadonlyArray<Node>, root: Json, current: Json): string =>
  nodes
    .map((node) => {
      if (node.type === "text") return node.text
      const values = selectPath(node.path, { root, current })
      if (node.type === "values") return values.map(formatValue).join(" ")
      return values.map((value) => renderNodes(node.body, root, value)).join("")
    })
    .join("")

interface Scope {
  readonly root: Json
  readonly current: Json
}

const selectPath = ({ from, steps }: Path, scope: Scope): ReadonlyArray<Json> =>
  steps.reduce<ReadonlyArray<Json>>(
    (values, step) => values.flatMap((value) => select(step, value, scope.root)),
    [from === "root" ? scope.root : scope.current],
  )

const select = (step: Step, value: Json, root: Json): ReadonlyArray<Json> => {
  switch (step.type) {
    case "field":
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name] ?? null] : []
    case "wildcard":
      return children(value)
    case "slice":
      return isArray(value) ? slice(value, step) : []
    case "union":
      return step.steps.flatMap((one) => select(one, value, root))
    case "descend":
      return descend(value).flatMap((inner) => select(step.step, inner, root))
    case "filter":
      return children(value).filter((child) => step.test(...sides(step.operands, { root, current: child })))
  }
}

const children = (value: Json): ReadonlyArray<Json> => {
  if (isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

const descend = (value: Json): ReadonlyArray<Json> => [value, ...children(value).flatMap(descend)]

const slice = (
  items: ReadonlyArray<Json>,
  { start, end, by }: { readonly start: number; readonly end: number | undefined; readonly by: number },
): ReadonlyArray<Json> => items.slice(start, end).filter((_, index) => index % by === 0)

const sides = (
  operands: ReadonlyArray<Operand>,
  scope: Scope,
): readonly [left: Json | undefined, right: Json | undefined] => {
  const [left, right] = operands.map((operand) =>
    operand.type === "literal" ? operand.value : selectPath(operand.path, scope)[0],
  )
  return [left, right]
}
