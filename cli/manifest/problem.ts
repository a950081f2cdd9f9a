/** One thing wrong with a manifest, where it is, and how it reads. */
export interface ManifestProblem {
  readonly file: string
  /** Absent where the whole file is meant. */
  readonly line?: number
  /** From 1; absent where the whole file is meant. */
  readonly document?: number
  /** `Sandbox default/hello`, where that much is known. */
  readonly object?: string
  /** `spec.containers[0].image` */
  readonly field?: string
  readonly message: string
}

/** `hello.yaml:12: document 2 (Sandbox default/hello): spec.containers[0].imagee: unknown field` */
export const formatProblem = ({ file, line, document, object, field, message }: ManifestProblem): string => {
  const place = line === undefined ? file : `${file}:${line}`
  const which =
    document === undefined ? "" : `document ${document}${object === undefined ? "" : ` (${object})`}: `
  return `${place}: ${which}${field === undefined ? "" : `${field}: `}${message}`
}

/** All problems of the manifests of a command; nothing was stored. */
export class ManifestError extends Error {
  override readonly name = "ManifestError"
  readonly problems: ReadonlyArray<ManifestProblem>
  constructor(problems: ReadonlyArray<ManifestProblem>) {
    super(problems.map(formatProblem).join("\n"))
    this.problems = problems
  }
}
