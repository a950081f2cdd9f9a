/** Server-side apply of valid objects and parts of them, with odd managedFields. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { all, type Collection, plain } from "../corpus.ts"
import { mutated } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import {
  bytesOf,
  carriesVersion,
  fixed,
  forKinds,
  mostly,
  oddUrlText,
  pick,
  type Query,
  urlOf,
  versioned,
} from "./parts.ts"
import { targetOf } from "./patches.ts"

const managedFields: fc.Arbitrary<Json> = mutated(
  pick<Json>(
    [
      {
        manager: "fuzz",
        operation: "Apply",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:k": {} } },
      },
    ],
    [
      {
        manager: "m",
        operation: "Update",
        apiVersion: "v1",
        time: "2030-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": {
            "f:parts": { 'k:{"name":"a"}': { ".": {}, "f:weight": {} } },
            "f:tags": { 'v:"x"': {} },
          },
        },
      },
    ],
    [
      {
        manager: "m",
        operation: "Apply",
        apiVersion: "example.com/v9",
        fieldsType: "FieldsV1",
        fieldsV1: { "i:0": {}, "k:{": {}, "v:": {}, "x:": {}, "f:": {} },
      },
    ],
    [{}],
    [],
  ),
  [0, 0, 1, 2],
)

const applyQuery: fc.Arbitrary<Query> = mostly(
  pick<Query>(
    [["fieldManager", "fuzz"]],
    [
      ["fieldManager", "other"],
      ["force", "true"],
    ],
    [
      ["fieldManager", "kubectl"],
      ["force", "true"],
      ["fieldValidation", "Strict"],
    ],
    [
      ["fieldManager", "fuzz"],
      ["dryRun", "All"],
    ],
  ),
  fc.oneof(
    fc.constant<Query>([]),
    fc.tuple(pick("fieldManager", "force"), oddUrlText).map((pair) => [pair]),
  ),
  20,
)

/** An applied configuration: a valid object, or some of its fields; its name is put in later. */
const configuration = (kind: Collection): fc.Arbitrary<Json> => {
  const whole = kind.object("base")
  const { status: _, ...spec } = whole
  const bare = { apiVersion: whole.apiVersion ?? "", kind: whole.kind ?? "", metadata: { name: "base" } }
  const fields = Object.entries(spec).filter(([key]) => !["apiVersion", "kind", "metadata"].includes(key))
  return mutated(
    pick<Json>(spec, spec, bare, ...fields.map(([key, value]) => ({ ...bare, [key]: value as Json }))),
    [0, 0, 1, 1, 2],
  )
}

const renamed = (document: Json, named: string, managed: Json | undefined): Json => {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return document
  const copy = document as JsonObject
  if (managed !== undefined) return { ...copy, metadata: { name: named, managedFields: managed } }
  const { metadata } = copy
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return document
  const { name: before } = metadata as JsonObject
  return before === "base" ? { ...copy, metadata: { ...(metadata as JsonObject), name: named } } : document
}

const applied: fc.Arbitrary<Draft> = forKinds(all, (kind) =>
  fc.tuple(
    targetOf(kind),
    configuration(kind),
    applyQuery,
    fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: managedFields }),
  ),
).map(([at, document, query, managed]) => {
  const sent = renamed(document, at.name, managed)
  return fixed({
    method: "PATCH",
    url: urlOf(`${at.path}/${at.name}${at.sub}`, query),
    headers: { "content-type": "application/apply-patch+yaml" },
    body: bytesOf(sent),
  })
})

/** Updates that write what only the server should: managed fields. */
const managedUpdate: fc.Arbitrary<Draft> = fc
  .tuple(forKinds(plain, targetOf), managedFields, carriesVersion)
  .map(([at, managed, carries]) => (seen) => {
    const place = `${at.path}/${at.name}`
    const object = at.kind.object(at.name)
    const sent = { ...object, metadata: { ...(object.metadata as JsonObject), managedFields: managed } }
    const body = bytesOf(carries ? versioned(sent, seen.versionOf(place)) : sent)
    return {
      method: "PUT",
      url: `${place}?fieldManager=fuzz`,
      headers: { "content-type": "application/json" },
      body,
    }
  })

export const applies: Slice = {
  name: "applies",
  about: "server-side apply of valid objects and parts of them, with odd managedFields",
  weight: 2,
  draft: fc.oneof({ weight: 6, arbitrary: applied }, { weight: 1, arbitrary: managedUpdate }),
}
