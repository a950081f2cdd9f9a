import type { JsonObject } from "../schemas/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "./machinery.ts"
export const applyStrategicMergePatch = (_c: MutableObject, _p: MutableJson, _s: JsonObject): MutableJson => {
  throw new MachineryError("BadRequest", "not yet")
}
