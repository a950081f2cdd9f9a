/** Longest selector text that is parsed, in UTF-16 units. */
export const SELECTOR_LENGTH_MAX = 65_536
/** Most requirements in one selector. */
export const REQUIREMENTS_MAX = 1_000
