/** How deep a schema may nest. */
export const SCHEMA_DEPTH_MAX = 100
/** Most field errors reported for one object; validation stops there. */
export const FIELD_ERRORS_MAX = 100
/** Longest piece of a value that is quoted in an error text. */
export const QUOTED_LENGTH_MAX = 1_000
/** All annotation keys and values of an object together, in bytes. */
export const ANNOTATIONS_SIZE_MAX = 256 * 1024
/** Longest list of supported values in an error text. */
export const SUPPORTED_LENGTH_MAX = 10_000
/** Longest name of one step in the text of a path. */
export const PATH_STEP_LENGTH_MAX = 256
/** Most pruned fields that are named; the others are pruned all the same. */
export const PRUNED_NAMED_MAX = 1_000
