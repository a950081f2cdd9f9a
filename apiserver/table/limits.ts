/** Longest JSONPath, in UTF-16 units. */
export const JSON_PATH_LENGTH_MAX = 1_024
/** Most values that a JSONPath selects from one object; the rest are dropped. */
export const JSON_PATH_RESULTS_MAX = 10_000
