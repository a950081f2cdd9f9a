/**
 * The OpenAPI 2.0 document of all kinds in protobuf, which is the only form that kubectl up to 1.28 reads.
 * Field numbers are those of gnostic's `openapi.v2`. Start with {@link openapiV2Parts}.
 */
import type { Json, JsonObject, ResourceDefinition } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { isOpen, kindSchemas, metaSchemas, publishedKinds, referenceOf } from "./kind-schema.ts"
import {
  type Method,
  type Operation,
  type Parameter,
  type PathItem,
  patchMediaTypes,
  pathItems,
} from "./operations.ts"
import { ProtobufWriter } from "./protobuf-writer.ts"

/** The content type to answer with; the one that clients ask for (`@v1.0`) does not parse as one. */
export const OPENAPI_V2_MEDIA_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

const PREFIX = "#/definitions/"

const methodFields: { readonly [method in Method]: number } = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }

/** A value as YAML, which JSON is. */
const writeAny =
  (value: Json) =>
  (any: ProtobufWriter): void => {
    any.string(2, JSON.stringify(value))
  }

const writeExtension =
  (name: string, value: Json) =>
  (named: ProtobufWriter): void => {
    named.string(1, name).message(2, writeAny(value))
  }

const textFields: ReadonlyArray<readonly [string, number]> = [
  ["format", 2],
  ["description", 4],
]

const writeText = (schema: ProtobufWriter, from: JsonObject): void => {
  for (const [key, field] of textFields) {
    const value = own(from, key)
    if (typeof value === "string" && value !== "") schema.string(field, value)
  }
}

const writeProperties = (schema: ProtobufWriter, properties: Json | undefined): void => {
  if (!isObject(properties)) return
  schema.message(25, (all) => {
    for (const [name, property] of Object.entries(properties)) {
      if (isObject(property))
        all.message(1, (named) => named.string(1, name).message(2, writeSchema(property)))
    }
  })
}

/** What version 2 can say of a schema: of open and nullable values nothing, so that clients let them pass. */
const writeStructure = (schema: ProtobufWriter, from: JsonObject): void => {
  const required = own(from, "required")
  if (isArray(required)) for (const name of required) if (typeof name === "string") schema.string(19, name)
  const values = own(from, "enum")
  if (isArray(values)) for (const value of values) schema.message(20, writeAny(value))
  const additional = own(from, "additionalProperties")
  if (isObject(additional)) schema.message(21, (item) => item.message(1, writeSchema(additional)))
  const type = own(from, "type")
  if (typeof type === "string" && type !== "") schema.message(22, (item) => item.string(1, type))
  const items = own(from, "items")
  if (isObject(items)) schema.message(23, (item) => item.message(1, writeSchema(items)))
  writeProperties(schema, own(from, "properties"))
}

const writeSchema =
  (from: JsonObject) =>
  (schema: ProtobufWriter): void => {
    const reference = referenceOf(from)
    if (reference !== undefined) schema.string(1, reference)
    writeText(schema, from)
    const value = own(from, "default")
    if (value !== undefined) schema.message(5, writeAny(value))
    if (reference === undefined && !isOpen(from)) writeStructure(schema, from)
    for (const [key, extension] of Object.entries(from)) {
      if (key.startsWith("x-kubernetes-") && key !== "x-kubernetes-validations") {
        schema.message(31, writeExtension(key, extension))
      }
    }
  }

const writeParameter =
  ({ name, in: place, type, description }: Parameter) =>
  (item: ProtobufWriter): void => {
    const inPath = place === "path"
    item.message(1, (parameter) =>
      parameter.message(2, (nonBody) =>
        nonBody.message(inPath ? 4 : 3, (sub) => {
          if (inPath) sub.boolean(1, true)
          sub
            .string(2, place)
            .string(3, description)
            .string(4, name)
            .string(inPath ? 5 : 6, type)
        }),
      ),
    )
  }

const writeBody =
  (name: string, required: boolean) =>
  (item: ProtobufWriter): void => {
    item.message(1, (parameter) =>
      parameter.message(1, (body) =>
        body
          .string(2, "body")
          .string(3, "body")
          .boolean(4, required)
          .message(5, (schema) => schema.string(1, `${PREFIX}${name}`)),
      ),
    )
  }

const writeResponses =
  (name: string) =>
  (responses: ProtobufWriter): void => {
    responses.message(1, (named) =>
      named
        .string(1, "200")
        .message(2, (value) =>
          value.message(1, (response) =>
            response
              .string(1, "OK")
              .message(2, (item) => item.message(1, (schema) => schema.string(1, `${PREFIX}${name}`))),
          ),
        ),
    )
  }

const writeOperation =
  (operation: Operation, { kind }: PathItem) =>
  (message: ProtobufWriter): void => {
    const { action, body } = operation
    message.string(5, operation.id).string(6, "application/json")
    for (const mediaType of action === "patch" ? patchMediaTypes : ["application/json"])
      message.string(7, mediaType)
    if (body !== undefined)
      message.message(8, writeBody(body, action !== "delete" && action !== "deletecollection"))
    for (const parameter of operation.parameters) message.message(8, writeParameter(parameter))
    message.message(9, writeResponses(operation.response))
    message.message(13, writeExtension("x-kubernetes-action", action))
    message.message(13, writeExtension("x-kubernetes-group-version-kind", kind.groupVersionKind))
  }

const writePath =
  (item: PathItem) =>
  (named: ProtobufWriter): void => {
    named.string(1, item.path).message(2, (pathItem) => {
      for (const operation of item.operations) {
        pathItem.message(methodFields[operation.method], writeOperation(operation, item))
      }
    })
  }

const writeSchemas =
  (schemas: JsonObject) =>
  (all: ProtobufWriter): void => {
    for (const [name, schema] of Object.entries(schemas)) {
      if (isObject(schema)) all.message(1, (named) => named.string(1, name).message(2, writeSchema(schema)))
    }
  }

const partOf = (write: (document: ProtobufWriter) => unknown): Uint8Array => {
  const document = new ProtobufWriter()
  write(document)
  return document.finish()
}

/**
 * The document of all served versions of all kinds in pieces, two a kind; equal input gives equal bytes. Its paths and its
 * definitions come in parts, which readers of protobuf put together. Source: protobuf's encoding, "Last One Wins".
 */
export function* openapiV2Parts(definitions: ReadonlyArray<ResourceDefinition>): Generator<Uint8Array> {
  const kinds = publishedKinds(definitions)
  yield partOf((document) =>
    document.string(1, "2.0").message(2, (info) => info.string(1, "Miren").string(2, "v1")),
  )
  for (const kind of kinds) {
    yield partOf((document) =>
      document.message(8, (paths) => {
        for (const item of pathItems(kind)) paths.message(2, writePath(item))
      }),
    )
  }
  for (const kind of kinds)
    yield partOf((document) => document.message(9, writeSchemas(kindSchemas(kind, PREFIX))))
  yield partOf((document) => document.message(9, writeSchemas(metaSchemas)))
}
