export type { Match } from "./finder.ts"
export { compilePattern, type Pattern, patternProblem } from "./pattern.ts"
export { PatternError } from "./syntax.ts"
