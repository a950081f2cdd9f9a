/** The OpenAPI 3.0 document of one group-version. Start with {@link openapiV3Parts}. */
import { apiVersionOf, type JsonObject, type ResourceDefinition } from "../../schemas/index.ts"
import { kindSchemas, metaSchemas, publishedKinds } from "./kind-schema.ts"
import { type Operation, type Parameter, type PathItem, patchMediaTypes, pathItems } from "./operations.ts"

const PREFIX = "#/components/schemas/"

export interface OpenapiInput {
  readonly group: string
  readonly version: string
  /** Those of other groups, and versions that are not served, are left out. */
  readonly definitions: ReadonlyArray<ResourceDefinition>
}

const reference = (name: string): JsonObject => ({ schema: { $ref: `${PREFIX}${name}` } })

const parameterOf = ({ name, in: place, type, description }: Parameter): JsonObject => ({
  name,
  in: place,
  description,
  schema: { type, uniqueItems: true },
  ...(place === "path" ? { required: true } : {}),
})

const contentOf = (operation: Operation): JsonObject => {
  const name = operation.body
  if (name === undefined) return {}
  const mediaTypes = operation.action === "patch" ? patchMediaTypes : ["application/json", "application/yaml"]
  return {
    requestBody: {
      content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, reference(name)])),
      required: operation.action === "post" || operation.action === "put" || operation.action === "patch",
    },
  }
}

const operationOf = (operation: Operation, { kind }: PathItem): JsonObject => ({
  operationId: operation.id,
  parameters: operation.parameters.map(parameterOf),
  ...contentOf(operation),
  responses: {
    "200": { description: "OK", content: { "application/json": reference(operation.response) } },
    "401": { description: "Unauthorized" },
  },
  "x-kubernetes-action": operation.action,
  "x-kubernetes-group-version-kind": kind.groupVersionKind,
})

const pathsOf = (items: ReadonlyArray<PathItem>): JsonObject =>
  Object.fromEntries(
    items.map((item) => [
      item.path,
      Object.fromEntries(
        item.operations.map((operation) => [operation.method, operationOf(operation, item)]),
      ),
    ]),
  )

/** The members of an object in JSON, without its braces. */
const membersOf = (object: JsonObject): string => JSON.stringify(object).slice(1, -1)

/** The document as JSON in pieces, one or two a kind; equal input gives equal bytes. */
export function* openapiV3Parts({ group, version, definitions }: OpenapiInput): Generator<string> {
  const kinds = publishedKinds(definitions.filter((definition) => definition.group === group)).filter(
    (kind) => kind.version.name === version,
  )
  const info = { title: "Miren", version: apiVersionOf({ group, version }) }
  yield `{${membersOf({ openapi: "3.0.0", info })},"paths":{`
  for (const [index, kind] of kinds.entries())
    yield `${index === 0 ? "" : ","}${membersOf(pathsOf(pathItems(kind)))}`
  yield '},"components":{"schemas":{'
  for (const kind of kinds) yield `${membersOf(kindSchemas(kind, PREFIX))},`
  yield `${membersOf(metaSchemas)}}}}`
}
