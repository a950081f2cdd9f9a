/**
 * Field selectors: `path=value,path!=value`, with `\` before a literal `,`, `=` or `\`.
 * Source: apimachinery `fields.ParseSelector`.
 */
import { type FieldRequirement, MachineryError } from "../machinery.ts"
import { REQUIREMENTS_MAX, SELECTOR_LENGTH_MAX } from "./limits.ts"

const refuse = (selector: string, detail: string): MachineryError =>
  new MachineryError("BadRequest", `invalid selector: '${selector}'; ${detail}`)

/** The terms between commas that are not escaped. */
const termsOf = (text: string): ReadonlyArray<string> => {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === "\\") at++
    else if (char === ",") {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  terms.push(text.slice(start))
  return terms.filter((term) => term !== "")
}

const unescaped = (selector: string, value: string): string => {
  let text = ""
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at)
    if (char === "\\") {
      const next = value.charAt(++at)
      if (next !== "\\" && next !== "," && next !== "=")
        throw refuse(selector, `invalid escape sequence in '${value}'`)
      text += next
    } else if (char === "," || char === "=") {
      throw refuse(selector, `unescaped '${char}' in '${value}'`)
    } else {
      text += char
    }
  }
  return text
}

const requirementOf = (selector: string, term: string): FieldRequirement => {
  for (let at = 0; at < term.length; at++) {
    const char = term.charAt(at)
    if (char === "\\") at++
    else if (char === "!" && term.charAt(at + 1) === "=") {
      return {
        path: term.slice(0, at).trim(),
        operator: "!=",
        value: unescaped(selector, term.slice(at + 2)),
      }
    } else if (char === "=") {
      const length = term.charAt(at + 1) === "=" ? 2 : 1
      return {
        path: term.slice(0, at).trim(),
        operator: "=",
        value: unescaped(selector, term.slice(at + length)),
      }
    }
  }
  throw refuse(selector, `can't understand '${term}'`)
}

/**
 * The requirements of a field selector; which paths a kind supports is the caller's to check.
 *
 * Fails with: BadRequest.
 */
export const parseFieldSelector = (text: string): ReadonlyArray<FieldRequirement> => {
  if (text.length > SELECTOR_LENGTH_MAX) {
    throw new MachineryError(
      "BadRequest",
      `the field selector is longer than ${SELECTOR_LENGTH_MAX} characters`,
    )
  }
  const terms = termsOf(text)
  if (terms.length > REQUIREMENTS_MAX) {
    throw new MachineryError(
      "BadRequest",
      `the field selector has more than ${REQUIREMENTS_MAX} requirements`,
    )
  }
  return terms.map((term) => requirementOf(text, term))
}

/** Whether an object, seen through `get`, meets all requirements; an absent field counts as the empty string. */
export const matchFields = (
  requirements: ReadonlyArray<FieldRequirement>,
  get: (path: string) => string | undefined,
): boolean => {
  for (const { path, operator, value } of requirements) {
    if (((get(path) ?? "") === value) !== (operator === "=")) return false
  }
  return true
}
