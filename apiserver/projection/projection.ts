/** Which parts of an object are sent: the paths of `fields=` as one tree. Start with {@link Projection}. */
import type { JsonObject } from "../../schemas/index.ts"
import { type FieldPath, parseFieldPaths } from "./field-path.ts"
import { checkKnownFields } from "./known-fields.ts"
import { type Part, partOf, projectBytes } from "./project-bytes.ts"

/** What is sent whatever is asked for: enough to keep an object by its identity and to write upon it. */
const alwaysSent = parseFieldPaths(
  "apiVersion,kind,metadata.name,metadata.namespace,metadata.uid,metadata.resourceVersion,metadata.deletionTimestamp",
)

/** Paths that share their beginnings. */
interface Tree {
  whole: boolean
  each: Tree | undefined
  readonly names: Map<string, Tree>
}

const emptyTree = (): Tree => ({ whole: false, each: undefined, names: new Map() })

const grow = (tree: Tree, { steps }: FieldPath): void => {
  let at = tree
  for (const step of steps) {
    let next = step.kind === "each" ? at.each : at.names.get(step.name)
    if (next === undefined) {
      next = emptyTree()
      if (step.kind === "each") at.each = next
      else at.names.set(step.name, next)
    }
    at = next
  }
  at.whole = true
}

const merged = (a: Tree, b: Tree | undefined): Tree => {
  if (b === undefined || a.whole) return a
  if (b.whole) return b
  const names = new Map(a.names)
  for (const [name, tree] of b.names) names.set(name, merged(tree, names.get(name)))
  return { whole: false, each: a.each === undefined ? b.each : merged(a.each, b.each), names }
}

/** Undefined for a whole value. What every value of a map is sent of is sent of a named one too. */
const finished = ({ whole, each, names }: Tree): Part | undefined => {
  if (whole) return undefined
  const named = [...names].map(([name, tree]) => [name, finished(merged(tree, each))] as const)
  return partOf({
    names: new Map(named.sort(([a], [b]) => (a < b ? -1 : 1))),
    each: each === undefined ? "none" : (finished(each) ?? "whole"),
  })
}

/** Equal for equal trees. */
const idOf = (tree: Tree): unknown =>
  tree.whole
    ? 1
    : [
        tree.each === undefined ? 0 : idOf(tree.each),
        ...[...tree.names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, under]) => [name, idOf(under)]),
      ]

export class Projection {
  /** Equal for projections that always give the same bytes. */
  readonly id: string
  readonly #root: Part

  /** Of an object of a version, whose `openAPIV3Schema` is `root`. Fails with `BadRequest`. */
  constructor(text: string, root: JsonObject) {
    const paths = parseFieldPaths(text)
    checkKnownFields(text, paths, root)
    const tree = emptyTree()
    for (const path of [...alwaysSent, ...paths]) grow(tree, path)
    this.id = JSON.stringify(idOf(tree))
    this.#root = finished(tree) ?? partOf({ names: new Map(), each: "whole" })
  }

  /** What is sent of a served document, as a copy. Parts that it does not have are absent. */
  of(bytes: Buffer): Buffer {
    return projectBytes(bytes, this.#root)
  }
}
