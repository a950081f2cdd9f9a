/** Field paths as servers write them, found in a YAML document: `spec.a[0].b`, `.spec.a[name="x"].b`, `data[a.b/c]`. */
import { isMap, isNode, isScalar, isSeq, type Node } from "yaml"

type Step =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "index"; readonly index: number }
  | { readonly type: "keys"; readonly keys: ReadonlyArray<readonly [name: string, value: string]> }

export interface Place {
  /** The offset in the text: of the field's key, or of the nearest thing above it that exists. */
  readonly offset: number
  /** The path in one spelling, `spec.a[0].b`, where the document has it. */
  readonly field: string
}

export const placeOf = (root: Node | null, field: string): Place => {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  let path = ""
  let steps = parseField(field)
  while (steps.length > 0) {
    const [step, ...rest] = steps
    if (step === undefined) break
    if (isMap(node) && step.type === "name") {
      const { pair, used, name } = findPair(node.items, steps)
      path = append(path, name)
      steps = steps.slice(used)
      if (pair === undefined) return { offset, field: path + spell(steps) }
      offset = offsetOf(pair.key) ?? offset
      node = pair.value
      continue
    }
    const index: number = isSeq(node) ? indexOf(node.items, step) : -1
    if (!isSeq(node) || index === -1) return { offset, field: path + spell(steps, path === "") }
    node = node.items[index]
    offset = offsetOf(node) ?? offset
    path += `[${index}]`
    steps = rest
  }
  return { offset, field: path }
}

const parseField = (field: string): ReadonlyArray<Step> => {
  const steps: Step[] = []
  const pattern = /\.?([^.[\]]+)|\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]/g
  for (const [, name, inside] of field.matchAll(pattern)) {
    if (name !== undefined) steps.push({ type: "name", name })
    else if (inside !== undefined) steps.push(parseBrackets(inside))
  }
  return steps
}

const parseBrackets = (inside: string): Step => {
  if (/^\d+$/.test(inside)) return { type: "index", index: Number(inside) }
  const keys = [...inside.matchAll(/([\w-]+)=("(?:[^"\\]|\\.)*"|[^,]+)/g)].map(
    ([, name = "", value = ""]) => [name, value.replace(/^"(.*)"$/, "$1")] as const,
  )
  return keys.length > 0 ? { type: "keys", keys } : { type: "name", name: inside.replace(/^"(.*)"$/, "$1") }
}

/** A key may have dots in it, which paths do not escape: the longest run of names that is a key wins. */
const findPair = (pairs: ReadonlyArray<{ key: unknown; value: unknown }>, steps: ReadonlyArray<Step>) => {
  const names: string[] = []
  for (const step of steps) {
    if (step.type !== "name") break
    names.push(step.name)
  }
  for (let used = names.length; used > 0; used--) {
    const name = names.slice(0, used).join(".")
    const pair = pairs.find(({ key }) => textOf(key) === name)
    if (pair !== undefined) return { pair, used, name }
  }
  return { pair: undefined, used: 1, name: names[0] ?? "" }
}

const indexOf = (items: ReadonlyArray<unknown>, step: Step): number => {
  if (step.type === "index") return step.index < items.length ? step.index : -1
  if (step.type === "name") return -1
  return items.findIndex(
    (item) =>
      isMap(item) &&
      step.keys.every(([name, value]) =>
        item.items.some(({ key, value: held }) => textOf(key) === name && textOf(held) === value),
      ),
  )
}

const textOf = (node: unknown): string | undefined =>
  isScalar(node) ? String(node.value) : node === null || isNode(node) ? undefined : String(node)

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)

const append = (path: string, name: string): string => {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${name}]`
  return path === "" ? name : `${path}.${name}`
}

const spell = (steps: ReadonlyArray<Step>, first = false): string =>
  steps.reduce((text, step) => {
    if (step.type === "index") return `${text}[${step.index}]`
    if (step.type === "keys")
      return `${text}[${step.keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`
    return first && text === "" ? step.name : `${text}.${step.name}`
  }, "")
