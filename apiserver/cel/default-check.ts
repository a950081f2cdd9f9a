/**
 * The defaults of a schema judged by its rules when the schema is: an object that says nothing must not be refused for
 * what was filled in. Source: apiextensions `schema/defaulting` ValidateDefaults.
 */
import type { JsonObject } from "../../schemas/index.ts"
import { own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { defaultsOf, filledDefault } from "../schema/index.ts"
import { brokenRules } from "./rule-evaluation.ts"
import { ruleTree } from "./rule-tree.ts"

/** A default did not change from anything: nothing is excused. */
const excuseNothing = (): void => {}

/** The defaults that rules of a structural schema refuse, as new values and as values that stay; the rules compile. */
export const checkDefaults = (schema: JsonObject, path: string): ReadonlyArray<FieldError> =>
  defaultsOf(schema).flatMap((found) => {
    const tree = ruleTree(found.schema, own(found.schema, "x-kubernetes-embedded-resource") === true)
    if (tree === undefined) return []
    const value = filledDefault(found)
    const at = `${path}${found.path}.default`
    const asNew = brokenRules(tree, { value, old: undefined, path: at }, excuseNothing)
    return asNew.length > 0 ? asNew : brokenRules(tree, { value, old: value, path: at }, excuseNothing)
  })
