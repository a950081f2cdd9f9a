export { applyJsonPatch } from "./json-patch.ts"
export { applyMergePatch } from "./merge-patch.ts"
export { strategicMerge } from "./strategic-merge.ts"
