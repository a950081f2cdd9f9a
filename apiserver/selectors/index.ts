export { matchFields, parseFieldSelector } from "./field-selector.ts"
export { parseLabelSelector } from "./label-selector.ts"
