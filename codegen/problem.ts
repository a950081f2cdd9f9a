/** One thing wrong with a schema file, where it is, and how it reads: `FILE:LINE:COLUMN PATH: MESSAGE`. */
export interface SchemaProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** `spec.versions[0].schema.openAPIV3Schema.properties.spec`; "" is the document. */
  readonly path: string
  readonly message: string
}

/** Everything wrong with the schema files that were read. */
export class SchemaError extends Error {
  override readonly name = "SchemaError"
  readonly problems: ReadonlyArray<SchemaProblem>
  constructor(problems: ReadonlyArray<SchemaProblem>) {
    super(problems.map(formatProblem).join("\n"))
    this.problems = problems
  }
}

const formatProblem = ({ file, line, column, path, message }: SchemaProblem): string =>
  `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`

/** Steps from the root of a document: names of fields, indexes of items. */
export type FieldPath = ReadonlyArray<string | number>

const plainName = /^[A-Za-z_$][\w$-]*$/

export const formatPath = (path: FieldPath): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`
    if (!plainName.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === "" ? step : `${text}.${step}`
  }, "")
