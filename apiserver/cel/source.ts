/** The text of an expression and what is wrong where in it, in cel-go's words. */

export interface Issue {
  /** Offset in UTF-16 units. */
  readonly at: number
  readonly message: string
}

/** A line longer than this is not shown with its issues. */
const SHOWN_LINE_MAX = 1_000
/** Source: cel-go. */
const SHOWN_ISSUES_MAX = 100

/** One issue as cel-go prints it: place, message, the line, and a mark under the column. */
const issueText = (source: string, { at, message }: Issue): string => {
  const before = source.slice(0, at)
  const start = before.lastIndexOf("\n") + 1
  const line = before.split("\n").length
  const column = [...before.slice(start)].length
  const end = source.indexOf("\n", start)
  const shown = source.slice(start, end < 0 ? source.length : end).replaceAll("\t", " ")
  const text = `ERROR: <input>:${line}:${column + 1}: ${message}`
  return shown.length > SHOWN_LINE_MAX ? text : `${text}\n | ${shown}\n | ${".".repeat(column)}^`
}

const issuesText = (source: string, issues: ReadonlyArray<Issue>): string =>
  [...issues]
    .sort((a, b) => a.at - b.at)
    .slice(0, SHOWN_ISSUES_MAX)
    .map((issue) => issueText(source, issue))
    .join("\n")

/** An expression that is none; `message` is what cel-go would print. */
export class CompileError extends Error {
  override readonly name = "CompileError"
  readonly issues: ReadonlyArray<Issue>

  constructor(source: string, issues: ReadonlyArray<Issue>) {
    super(issuesText(source, issues))
    this.issues = issues
  }
}
