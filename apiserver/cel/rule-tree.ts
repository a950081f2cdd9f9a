/** The rules of a schema where they apply: a tree like the schema, of the branches that have any. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { type SchemaNode, schemaNode } from "../schema/index.ts"
import { type Declaration, declarationOf } from "./declaration.ts"
import { rulesOf } from "./rule.ts"
import { type RuleProgram, ruleProgram } from "./rule-program.ts"

export interface RuleNode {
  /** Undefined when there are no rules about the value itself. */
  readonly declaration: Declaration | undefined
  /** The schema's type, for errors. */
  readonly type: string
  readonly rules: ReadonlyArray<RuleProgram>
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly additional: RuleNode | undefined
  readonly items: RuleNode | undefined
  /** Of a list of type map: what its items are told apart by. */
  readonly mapList: SchemaNode | undefined
  readonly allOf: ReadonlyArray<RuleNode>
}

interface Place {
  /** The schema with the rules: the node itself, or a branch of its allOf. */
  readonly rules: JsonObject
  readonly schema: JsonObject
  readonly isResource: boolean
}

const isEmbedded = (schema: JsonObject): boolean => own(schema, "x-kubernetes-embedded-resource") === true

/** The node below, where both the schema and the branch with the rules go on. */
const below = (rules: Json | undefined, schema: Json | undefined): RuleNode | undefined =>
  isObject(rules) && isObject(schema) ? nodeOf({ rules, schema, isResource: isEmbedded(schema) }) : undefined

const propertiesOf = (rules: JsonObject, schema: JsonObject): ReadonlyMap<string, RuleNode> => {
  const nodes = new Map<string, RuleNode>()
  const [ruled, declared] = [own(rules, "properties"), own(schema, "properties")]
  if (!isObject(ruled) || !isObject(declared)) return nodes
  for (const [name, property] of Object.entries(ruled)) {
    const node = below(property, own(declared, name))
    if (node !== undefined) nodes.set(name, node)
  }
  return nodes
}

const rulesAbout = ({ rules, schema, isResource }: Place): Pick<RuleNode, "declaration" | "rules"> => {
  const written = rulesOf(rules).filter(({ rule }) => rule.trim() !== "")
  const declaration = written.length === 0 ? undefined : declarationOf(schema, { name: "self", isResource })
  if (declaration === undefined) return { declaration, rules: [] }
  return { declaration, rules: written.map((rule) => ruleProgram(rule, schema, declaration)) }
}

const nodeOf = (place: Place): RuleNode | undefined => {
  const { rules, schema, isResource } = place
  const branches = own(rules, "allOf")
  const type = own(schema, "type")
  const node: RuleNode = {
    ...rulesAbout(place),
    type: typeof type === "string" ? type : "",
    properties: propertiesOf(rules, schema),
    additional: below(own(rules, "additionalProperties"), own(schema, "additionalProperties")),
    items: below(own(rules, "items"), own(schema, "items")),
    mapList: own(schema, "x-kubernetes-list-type") === "map" ? schemaNode(schema) : undefined,
    allOf: isArray(branches)
      ? branches
          .filter(isObject)
          .map((branch) => nodeOf({ rules: branch, schema, isResource }))
          .filter((branch) => branch !== undefined)
      : [],
  }
  const hasRules = node.rules.length > 0 || node.properties.size > 0 || node.allOf.length > 0
  return hasRules || node.additional !== undefined || node.items !== undefined ? node : undefined
}

/** Undefined when the schema has no rules; a resource's root has its type and metadata besides. */
export const ruleTree = (schema: JsonObject, isResource: boolean): RuleNode | undefined =>
  nodeOf({ rules: schema, schema, isResource })
