import type { JsonObject } from "../schemas/index.ts"
import { clone } from "./json/index.ts"
import { type FieldManager, MachineryError, type MutableJson, type MutableObject } from "./machinery.ts"

export { clone, equal } from "./json/index.ts"
export { applyJsonPatch, applyMergePatch } from "./patch/index.ts"
export {
  checkStructural,
  compileSchema,
  dnsLabelProblem,
  dnsSubdomainProblem,
  validateObjectMeta,
} from "./schema/index.ts"
export { matchFields, parseFieldSelector, parseLabelSelector } from "./selectors/index.ts"
export const applyStrategicMergePatch = (_c: MutableObject, _p: MutableJson, _s: JsonObject): MutableJson => {
  throw new MachineryError("BadRequest", "not yet")
}
export const fieldManager: FieldManager = {
  apply: ({ applied }) => clone(applied),
  update: () => [],
}

import type { ResourceVersionDefinition } from "../schemas/index.ts"
export const tableColumns = (_v: ResourceVersionDefinition): ReadonlyArray<object> => [
  { name: "Name", type: "string", format: "name", description: "", priority: 0 },
  { name: "Age", type: "string", format: "", description: "", priority: 0 },
]
export const tableCells = (
  _v: ResourceVersionDefinition,
  object: MutableObject,
  _now: number,
): ReadonlyArray<unknown> => [(object.metadata as MutableObject).name, "1s"]
