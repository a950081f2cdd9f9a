/** How deep a schema may nest. */
export const SCHEMA_DEPTH_MAX = 100
/** Most field errors reported for one object; validation stops there. */
export const FIELD_ERRORS_MAX = 100
/** Longest piece of a value that is quoted in an error text. */
export const QUOTED_LENGTH_MAX = 1_000
/** All annotation keys and values of an object together, in bytes. */
export const ANNOTATIONS_SIZE_MAX = 256 * 1024
