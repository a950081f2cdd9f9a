/** How deep a schema may nest. */
export const SCHEMA_DEPTH_MAX = 100
/** Most field errors reported for one object; the rest are dropped. */
export const FIELD_ERRORS_MAX = 100
/** Longest piece of a value that is quoted in an error text. */
export const QUOTED_LENGTH_MAX = 1_000
/** All annotation keys and values of an object together, in bytes. */
export const ANNOTATIONS_SIZE_MAX = 256 * 1024
/** Objects of more values than this are told their first error only: to collect all could cost a hundred times them. */
export const ALL_ERRORS_VALUES_MAX = 20_000
/** Most duplicates reported of one list. */
export const LIST_DUPLICATES_MAX = 100
