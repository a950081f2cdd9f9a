import type { JsonObject } from "../schemas/index.ts"
import type { CompiledSchema } from "./machinery.ts"
export { applyJsonPatch, applyMergePatch } from "./patch/index.ts"
export { matchFields, parseFieldSelector, parseLabelSelector } from "./selectors/index.ts"
export const compileSchema = (root: JsonObject): CompiledSchema => ({
  root, prune: () => [], applyDefaults: () => {}, validate: () => [],
})
