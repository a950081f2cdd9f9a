/** A kind as a CRD file declares it, checked: the envelope by the shape below, each schema by the structural rules. */
import { Ajv, type ErrorObject } from "ajv"
import type { JsonObject, ResourceDefinition, ResourceVersionDefinition } from "../schemas/index.ts"
import { type FieldPath, SchemaError, type SchemaProblem } from "./problem.ts"
import { isArray, isObject, parseSource, parseSources, type Source } from "./source.ts"
import { checkStructural, type StructuralOptions } from "./structural-schema.ts"

export interface KindSource {
  readonly file: string
  readonly definition: ResourceDefinition
}

const text = { type: "string" }
const texts = { type: "array", items: text }
const label = { type: "string", pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$" }
const closed = (properties: JsonObject, required: ReadonlyArray<string>): JsonObject => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
})

const versionShape = closed(
  {
    name: label,
    served: { type: "boolean" },
    storage: { type: "boolean" },
    deprecated: { type: "boolean" },
    deprecationWarning: text,
    schema: closed({ openAPIV3Schema: { type: "object" } }, ["openAPIV3Schema"]),
    subresources: closed(
      {
        status: { type: "object" },
        scale: closed({ specReplicasPath: text, statusReplicasPath: text, labelSelectorPath: text }, [
          "specReplicasPath",
          "statusReplicasPath",
        ]),
      },
      [],
    ),
    additionalPrinterColumns: {
      type: "array",
      items: closed(
        {
          name: text,
          type: { enum: ["string", "integer", "number", "boolean", "date"] },
          jsonPath: { type: "string", pattern: "^\\." },
          format: text,
          description: text,
          priority: { type: "integer" },
        },
        ["name", "type", "jsonPath"],
      ),
    },
    selectableFields: {
      type: "array",
      items: closed({ jsonPath: { type: "string", pattern: "^\\." } }, ["jsonPath"]),
    },
  },
  ["name", "served", "storage", "schema"],
)

const envelope = {
  type: "object",
  required: ["apiVersion", "kind", "metadata", "spec"],
  properties: {
    apiVersion: { const: "apiextensions.k8s.io/v1" },
    kind: { const: "CustomResourceDefinition" },
    metadata: { type: "object", required: ["name"], properties: { name: text } },
    spec: closed(
      {
        group: text,
        scope: { enum: ["Namespaced", "Cluster"] },
        names: closed(
          {
            plural: label,
            singular: label,
            kind: { type: "string", pattern: "^[A-Z][A-Za-z0-9]*$" },
            listKind: text,
            shortNames: texts,
            categories: texts,
          },
          ["plural", "kind"],
        ),
        versions: { type: "array", minItems: 1, items: versionShape },
        conversion: { type: "object" },
        preserveUnknownFields: { const: false },
      },
      ["group", "scope", "names", "versions"],
    ),
    status: { type: "object" },
  },
}

const checkEnvelope = new Ajv({ allErrors: true, strict: false }).compile<{
  readonly metadata: { readonly name: string }
  readonly spec: ResourceDefinition
}>(envelope)

/** The one kind of a file. Fails with SchemaError and every problem of the file. */
export const readKind = (file: string, text: string, options: StructuralOptions): KindSource =>
  kindOf(parseSource(file, text), options)

const isDefinition = ({ value }: Source): boolean => value.kind === "CustomResourceDefinition"

/**
 * The kinds of a file that others wrote: of any number of documents, those that are CustomResourceDefinitions. Fails with
 * SchemaError and every problem of them.
 */
export const readKinds = (file: string, text: string): ReadonlyArray<KindSource> =>
  allOf(
    parseSources(file, text)
      .filter(isDefinition)
      .map((source) => () => kindOf(source, { documented: false })),
  )

/** What all of them give; fails with the problems of all. */
export const allOf = <A>(reads: ReadonlyArray<() => A>): ReadonlyArray<A> => {
  const found: A[] = []
  const problems: SchemaProblem[] = []
  for (const read of reads) {
    try {
      found.push(read())
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new SchemaError(problems)
  return found
}

const kindOf = (source: Source, options: StructuralOptions): KindSource => {
  const { file } = source
  const value: unknown = source.value
  if (!checkEnvelope(value))
    throw new SchemaError((checkEnvelope.errors ?? []).map((e) => envelopeProblem(source, e)))
  const { metadata, spec } = value
  const problems = [...checkNames(source, metadata.name, spec)]
  for (const index of spec.versions.keys())
    problems.push(
      ...checkStructural(source, ["spec", "versions", index, "schema", "openAPIV3Schema"], options),
    )
  if (problems.length > 0) throw new SchemaError(problems)
  return { file, definition: completed(spec) }
}

const checkNames = (source: Source, name: string, spec: ResourceDefinition): ReadonlyArray<SchemaProblem> => {
  const want = `${spec.names.plural}.${spec.group === "" ? "core" : spec.group}`
  const stored = spec.versions.filter((version) => version.storage).length
  return [
    ...(name === want
      ? []
      : [source.problem(["metadata", "name"], `the name of this definition is ${want}`)]),
    ...(stored === 1
      ? []
      : [source.problem(["spec", "versions"], `exactly one version is stored, not ${stored}`)]),
  ]
}

const envelopeProblem = (source: Source, error: ErrorObject): SchemaProblem => {
  const path: FieldPath = error.instancePath
    .split("/")
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")))
  const { additionalProperty, missingProperty, allowedValue, allowedValues } = error.params
  if (additionalProperty !== undefined)
    return source.problem(
      [...path, additionalProperty],
      `${JSON.stringify(additionalProperty)} is not a field here`,
    )
  if (missingProperty !== undefined) return source.problem(path, `${missingProperty} is missing`)
  if (allowedValue !== undefined) return source.problem(path, `must be ${JSON.stringify(allowedValue)}`)
  if (isArray(allowedValues)) return source.problem(path, `must be one of ${allowedValues.join(", ")}`)
  return source.problem(path, error.message ?? "is not valid")
}

const completed = (spec: ResourceDefinition): ResourceDefinition => ({
  group: spec.group,
  scope: spec.scope,
  names: {
    ...spec.names,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
  },
  versions: spec.versions.map(withTypeMeta),
  ...(spec.conversion === undefined ? {} : { conversion: spec.conversion }),
})

const typeMeta = {
  apiVersion: {
    description: "The group and version of this representation of the object, `GROUP/VERSION` or `v1`.",
    type: "string",
  },
  kind: { description: "The kind of the object, CamelCase. Cannot be changed.", type: "string" },
  metadata: { description: "What every object has: names, labels, owners, versions.", type: "object" },
}

const withTypeMeta = (version: ResourceVersionDefinition): ResourceVersionDefinition => {
  const root = version.schema.openAPIV3Schema
  const properties = isObject(root.properties) ? root.properties : {}
  return { ...version, schema: { openAPIV3Schema: { ...root, properties: { ...typeMeta, ...properties } } } }
}
