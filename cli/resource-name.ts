/** The words by which people name resources: `sb`, `sandboxes`, `sandbox.compute.miren.dev`, `miren`, `sb/hello`. */
import type { Resource } from "./discovery.ts"
import { CliFailure } from "./failure.ts"

/** Resources of one word: a resource in any of its spellings, or all of a category. Fails with CliFailure NotFound. */
const findResources = (
  resources: ReadonlyArray<Resource>,
  word: string,
): readonly [Resource, ...ReadonlyArray<Resource>] => {
  const [first] = resources.filter((resource) => isCalled(resource, word))
  if (first !== undefined) return [first]
  const [one, ...more] = resources.filter(
    ({ categories, verbs }) => categories.includes(word.toLowerCase()) && verbs.includes("list"),
  )
  if (one !== undefined) return [one, ...more]
  throw new CliFailure(
    "NotFound",
    `the server has no resource type ${JSON.stringify(word)} (\`mctl api-resources\` lists all)`,
  )
}

export const findResource = (resources: ReadonlyArray<Resource>, word: string): Resource =>
  findResources(resources, word)[0]

const isCalled = (
  { plural, singular, kind, shortNames, group, version }: Resource,
  word: string,
): boolean => {
  const [name = "", ...suffix] = word.toLowerCase().split(".")
  const named = [plural, singular, kind.toLowerCase(), ...shortNames].includes(name)
  const where = suffix.join(".")
  return (
    named &&
    (where === "" ||
      where === group ||
      where === `${version}.${group}` ||
      (group === "" && where === version))
  )
}

/** What a command is asked to work on: all of some resources, or objects by name. */
export type Target =
  | { readonly resource: Resource; readonly name?: undefined }
  | { readonly resource: Resource; readonly name: string }

/** Operands as targets: `TYPE`, `a,b`, `TYPE NAME...`, `TYPE/NAME...`. Fails with CliFailure. */
export const parseTargets = (
  resources: ReadonlyArray<Resource>,
  operands: ReadonlyArray<string>,
): ReadonlyArray<Target> => {
  const [types = "", ...names] = operands
  if (types === "") throw new CliFailure("Usage", "name a resource type (`mctl api-resources` lists all)")
  if (operands.some((operand) => operand.includes("/")))
    return operands.map((operand) => parsePair(resources, operand))
  const found = types.split(",").flatMap((word) => [...findResources(resources, word)])
  if (names.length === 0) return found.map((resource) => ({ resource }))
  return found.flatMap((resource) => names.map((name) => ({ resource, name })))
}

const parsePair = (resources: ReadonlyArray<Resource>, operand: string): Target => {
  const [type, name, ...rest] = operand.split("/")
  if (type === undefined || type === "" || name === undefined || name === "" || rest.length > 0)
    throw new CliFailure("Usage", `${JSON.stringify(operand)} is not TYPE/NAME, which the other operands are`)
  return { resource: findResource(resources, type), name }
}
