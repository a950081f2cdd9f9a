/** One kind of requests that the fuzzer makes. */
import type fc from "fast-check"
import type { Draft } from "./request.ts"

export interface Slice {
  readonly name: string
  /** What it alters, in one sentence. */
  readonly about: string
  readonly draft: fc.Arbitrary<Draft>
  /** How much of a run it gets; 1 where absent. */
  readonly weight?: number
}
