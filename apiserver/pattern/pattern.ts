export interface Pattern {
  test(text: string): boolean
}
export const compilePattern = (source: string): Pattern => new RegExp(source, "u")
export const patternProblem = (source: string): string | undefined => {
  try {
    compilePattern(source)
    return undefined
  } catch (error) {
    return String(error)
  }
}
