/** Longest expression, in UTF-16 units. */
export const PATTERN_LENGTH_MAX = 16_384
/** How deep groups may nest. */
export const GROUP_DEPTH_MAX = 250
/** Largest count in a repetition, as RE2. */
export const REPEAT_MAX = 1_000
/** Most instructions that an expression may compile to; repetitions are written out. */
export const PROGRAM_LENGTH_MAX = 10_000
/** Most numbers that a pattern remembers of its automaton before it starts anew. */
export const REMEMBERED_MAX = 200_000
/** Most work for one text beyond what is remembered: past it the text counts as no match. */
export const MATCH_STEPS_MAX = 20_000_000
