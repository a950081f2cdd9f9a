/**
 * The grammar of `fields=`. Start with {@link parseFieldPaths}.
 *
 *     fields = path *( "," path )
 *     path   = ( name / key ) *( "." name / key / "[*]" )
 *     name   = 1*( letter / digit / "_" / "-" / "$" )
 *     key    = "['" *( any character, "'" and "\" behind a "\" ) "']"
 *
 * `[*]` is every item of a list and every value of a map. There are no spaces, indexes, filters or descents.
 */
import { badRequest, type StatusError } from "../status-error.ts"
import { projectionLimits } from "./limits.ts"

/** `at` is the index of its first character in the parameter. */
export type FieldStep =
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "each"; readonly at: number }

export interface FieldPath {
  readonly at: number
  readonly steps: ReadonlyArray<FieldStep>
}

/** A refusal that says where: characters are counted from 1. */
export const fieldsRefusal = (problem: string, at: number): StatusError =>
  badRequest(`invalid fields: ${problem} at character ${at + 1}`)

class FieldPathParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): ReadonlyArray<FieldPath> {
    const paths: FieldPath[] = []
    for (;;) {
      if (paths.length === projectionLimits.pathsMax)
        throw fieldsRefusal(`more than ${projectionLimits.pathsMax} paths`, this.#at)
      paths.push(this.#path())
      if (this.#at === this.#text.length) return paths
      if (this.#next() !== ",") throw fieldsRefusal("expected '.', '[' or ','", this.#at)
      this.#at++
    }
  }

  #next(): string {
    return this.#text.charAt(this.#at)
  }

  #path(): FieldPath {
    const at = this.#at
    const first = this.#next() === "[" ? this.#bracket() : this.#name()
    if (first.kind === "each") throw fieldsRefusal("expected a name: an object is no list", at)
    const steps: FieldStep[] = [first]
    while (this.#next() === "." || this.#next() === "[") {
      if (steps.length === projectionLimits.stepsMax)
        throw fieldsRefusal(`a path of more than ${projectionLimits.stepsMax} steps`, this.#at)
      if (this.#next() === ".") {
        this.#at++
        steps.push(this.#name())
      } else steps.push(this.#bracket())
    }
    return { at, steps }
  }

  #name(): FieldStep {
    const at = this.#at
    while (/^[\w$-]$/.test(this.#next())) this.#at++
    if (this.#at > at) return { kind: "name", name: this.#text.slice(at, this.#at), at }
    if (this.#next() === "[") throw fieldsRefusal("expected a name: leave out the '.'", at)
    if (this.#next() === "*") throw fieldsRefusal("expected a name: every item is [*]", at)
    throw fieldsRefusal("expected a name", at)
  }

  #bracket(): FieldStep {
    const at = this.#at
    this.#at++
    if (this.#next() !== "'" && this.#next() !== "*")
      throw fieldsRefusal("expected [*] or a key in single quotes", this.#at)
    let step: FieldStep
    if (this.#next() === "*") {
      this.#at++
      step = { kind: "each", at }
    } else step = { kind: "name", name: this.#quoted(), at }
    if (this.#next() !== "]") throw fieldsRefusal("expected ']'", this.#at)
    this.#at++
    return step
  }

  #quoted(): string {
    const opening = this.#at
    let key = ""
    for (this.#at++; this.#next() !== "'"; this.#at++) {
      if (this.#next() === "\\") {
        this.#at++
        if (this.#next() !== "\\" && this.#next() !== "'")
          throw fieldsRefusal("expected ' or \\ behind a \\", this.#at)
      }
      if (this.#at >= this.#text.length) throw fieldsRefusal("a key is not closed", opening)
      key += this.#next()
    }
    this.#at++
    return key
  }
}

/** Fails with `BadRequest`. */
export const parseFieldPaths = (text: string): ReadonlyArray<FieldPath> => {
  const { charactersMax } = projectionLimits
  if (text.length > charactersMax) throw fieldsRefusal(`more than ${charactersMax} characters`, charactersMax)
  return new FieldPathParser(text).whole()
}
