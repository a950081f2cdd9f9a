/**
 * The bounds on expressions and what they may cost.
 * Source: cel-go's parser defaults; Kubernetes' `apiserver/pkg/apis/cel` and the validation of CRDs.
 */

/** Longest expression, in code points. */
export const SOURCE_LENGTH_MAX = 100_000
/** How deep an expression may nest. */
export const EXPRESSION_DEPTH_MAX = 250
/** Most nodes that an expression may have. */
export const EXPRESSION_NODES_MAX = 100_000

/** What one evaluation of one expression may cost. */
export const CALL_COST_MAX = 1_000_000
/** What all rules of one object may cost together. */
export const OBJECT_COST_MAX = 10_000_000
/** What the matchConditions of one webhook or policy may cost for one object. */
export const MATCH_CONDITIONS_COST_MAX = 2_500_000
/** The largest estimate with which a rule is accepted. */
export const RULE_ESTIMATE_MAX = 10_000_000
/** The largest sum of estimates with which a schema is accepted. */
export const SCHEMA_ESTIMATE_MAX = 100_000_000

/** The request size that estimates of unbounded values start from, in bytes. */
export const REQUEST_SIZE_MAX = 3 * 1024 * 1024
/** Longest message that a messageExpression may give, in bytes. */
export const MESSAGE_SIZE_MAX = 5 * 1024
/** Longest text that counts as a version, a URL or an address. */
export const PARSED_TEXT_LENGTH_MAX = 64 * 1024
/** Largest precision that a format clause may ask for. */
export const FORMAT_PRECISION_MAX = 1_000
/** Most steps of one evaluation beyond what its cost tells. */
export const EFFORT_MAX = 2_000_000
/** What each of those steps costs. */
export const EFFORT_COST = 0.1
/** So many of them are free. */
export const EFFORT_FREE = 100
/** Most errors that the rules of one object give; evaluation stops there. */
export const RULE_ERRORS_MAX = 100
