/** What an expression gave, as texts. */
import { CelList, type Value } from "./value.ts"

/** A text as one, a list of texts as its items, null as none; undefined for anything else. */
export const textsOf = (value: Value): ReadonlyArray<string> | undefined => {
  if (value === null) return []
  if (typeof value === "string") return [value]
  if (!(value instanceof CelList)) return undefined
  const texts: string[] = []
  for (let index = 0; index < value.size; index++) {
    const item = value.at(index)
    if (typeof item !== "string") return undefined
    texts.push(item)
  }
  return texts
}
