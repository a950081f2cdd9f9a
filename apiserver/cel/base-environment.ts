/** The functions that every expression may call. */
import { functionsOf } from "./environment.ts"
import { conversions } from "./library/conversions.ts"
import { math } from "./library/math.ts"
import { operators } from "./library/operators.ts"
import { optionals } from "./library/optionals.ts"
import { strings } from "./library/strings.ts"
import { texts } from "./library/texts.ts"
import { timeParts } from "./library/time-parts.ts"

export const baseFunctions = functionsOf([operators, conversions, texts, timeParts, optionals, strings, math])
