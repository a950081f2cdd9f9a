/** The names of a new project, checked: of the project, of its kind and of its group. Start with {@link projectNames}. */
import { Refusal } from "./refusal.ts"

export interface ProjectNames {
  /** Of the package, the controller, its field manager and its lease. */
  readonly project: string
  readonly kind: string
  /** The kind in lower case. */
  readonly singular: string
  readonly plural: string
  readonly group: string
}

/** As the project of the template has them. */
export const templateNames: ProjectNames = {
  project: "my-operator",
  kind: "Greeting",
  singular: "greeting",
  plural: "greetings",
  group: "example.com",
}

const projectName = /^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/
const kindName = /^[A-Z][A-Za-z0-9]{0,62}$/
const domain = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/
/** Groups of others: an API server serves new kinds in them only with leave. */
const protectedGroup = /(^|\.)(k8s\.io|kubernetes\.io|miren\.dev)$/

const reserved = new Set(
  "break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await".split(
    " ",
  ),
)

const plural = (singular: string): string => {
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`
}

/** Throws Refusal. `words` are those of the template's sources: a kind of such a name would be taken for what they mean. */
export const projectNames = (
  given: { readonly project: string; readonly kind: string; readonly group: string },
  words: ReadonlySet<string>,
): ProjectNames => {
  const { project, kind, group } = given
  if (!projectName.test(project))
    throw new Refusal(
      `${JSON.stringify(project)} is no name for a project: lower case letters, digits and dashes, at most 50, a letter first`,
    )
  if (!kindName.test(kind))
    throw new Refusal(
      `${JSON.stringify(kind)} is no name for a kind: CamelCase letters and digits, at most 63, as in Website`,
    )
  if (!domain.test(group))
    throw new Refusal(
      `${JSON.stringify(group)} is no API group: a domain in lower case, as in shop.example.com`,
    )
  if (protectedGroup.test(group))
    throw new Refusal(`the API group ${group} is not yours to define kinds in: take a domain of yours`)
  const singular = kind.toLowerCase()
  const isTaken =
    words.has(kind) || words.has(singular) || words.has(plural(singular)) || reserved.has(singular)
  if (kind !== templateNames.kind && isTaken)
    throw new Refusal(`a kind ${kind} would clash with what the project uses under that name: choose another`)
  return { project, kind, singular, plural: plural(singular), group }
}

/** A text of the template with the names of the project. */
export const renamed = (text: string, to: ProjectNames): string => {
  const from = templateNames
  return text
    .replaceAll(from.project, to.project)
    .replaceAll(from.group, to.group)
    .replaceAll(from.plural, to.plural)
    .replaceAll(from.kind, to.kind)
    .replaceAll(from.singular, to.singular)
}
