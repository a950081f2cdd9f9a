/** The functions that every expression may call. */
import { functionsOf } from "./environment.ts"
import { addresses } from "./library/addresses.ts"
import { authorization } from "./library/authorization.ts"
import { conversions } from "./library/conversions.ts"
import { formats } from "./library/formats.ts"
import { lists, moreLists, sets } from "./library/lists.ts"
import { math } from "./library/math.ts"
import { operators } from "./library/operators.ts"
import { optionals } from "./library/optionals.ts"
import { quantities } from "./library/quantities.ts"
import { regex } from "./library/regex.ts"
import { semver } from "./library/semver.ts"
import { strings } from "./library/strings.ts"
import { texts } from "./library/texts.ts"
import { timeParts } from "./library/time-parts.ts"
import { urls } from "./library/urls.ts"

export const baseFunctions = functionsOf([
  operators,
  conversions,
  texts,
  timeParts,
  optionals,
  strings,
  math,
  lists,
  moreLists,
  sets,
  regex,
  urls,
  addresses,
  quantities,
  semver,
  formats,
  authorization,
])
