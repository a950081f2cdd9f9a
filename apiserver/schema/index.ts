export { type CompileOptions, compileSchema, type RuleEvaluator, type Schema } from "./compiled-schema.ts"
export {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from "./field-error.ts"
export { stringFormats } from "./formats.ts"
export { canonicalText, itemKey, itemsByKey } from "./list-identity.ts"
export { dnsLabelProblem, dnsSubdomainProblem, labelValueProblem, qualifiedNameProblem } from "./names.ts"
export { type SchemaNode, schemaNode } from "./node.ts"
export { type ObjectMetaRules, validateObjectMeta } from "./object-meta.ts"
export { objectMetaNode, objectMetaSchema } from "./object-meta-schema.ts"
export { checkStructural } from "./structural.ts"
export { type Default, defaultsOf, filledDefault } from "./structural-defaults.ts"
