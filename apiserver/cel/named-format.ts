/** A named format of Kubernetes' format library. */
import { Opaque } from "./value.ts"

export class NamedFormat extends Opaque {
  readonly typeName = "kubernetes.NamedFormat"
  readonly name: string
  /** What is wrong with a text, none when it fits. */
  readonly problems: (text: string) => ReadonlyArray<string>
  /** How large an expression would check it; costs are by it. */
  readonly regexSize: number

  constructor(name: string, regexSize: number, problems: (text: string) => ReadonlyArray<string>) {
    super()
    this.name = name
    this.regexSize = regexSize
    this.problems = problems
  }

  equals(other: Opaque): boolean {
    return other instanceof NamedFormat && other.name === this.name
  }
}
