export { compilePattern, type Pattern, patternProblem } from "./pattern.ts"
