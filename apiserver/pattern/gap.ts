/** The place between two characters, and which assertions hold there. */
import type { Assertion } from "./syntax.ts"

/** What is known between two characters: what was before, and what comes. */
export interface Gap {
  readonly textStart: boolean
  readonly textEnd: boolean
  readonly afterWord: boolean
  readonly beforeWord: boolean
  readonly afterNewline: boolean
  readonly beforeNewline: boolean
}

export const holds = (assertion: Assertion, gap: Gap): boolean => {
  switch (assertion) {
    case "textStart":
      return gap.textStart
    case "textEnd":
      return gap.textEnd
    case "lineStart":
      return gap.textStart || gap.afterNewline
    case "lineEnd":
      return gap.textEnd || gap.beforeNewline
    case "wordBoundary":
      return gap.afterWord !== gap.beforeWord
    case "noWordBoundary":
      return gap.afterWord === gap.beforeWord
  }
}
