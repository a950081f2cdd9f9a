/** The four kinds of patch: JSON Patch, merge patch, strategic merge patch and server-side apply. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { all, type Collection, widgets } from "../corpus.ts"
import { mutated, mutatedBytes, oddString, oddValue } from "../mutations.ts"
import type { Slice } from "../slice.ts"
import {
  bytesOf,
  collectionPath,
  fixed,
  forKinds,
  mostly,
  name,
  oddUrlText,
  pick,
  urlOf,
  writeQuery,
} from "./parts.ts"

const targetName = mostly(fc.constant("base"), name, 8)
const oddSubresource = oddUrlText.map((text) => `/${text}`)

/** An object to be patched, or a subresource of it. */
export interface Target {
  readonly kind: Collection
  readonly path: string
  readonly name: string
  readonly sub: string
}
export const targetOf = (kind: Collection): fc.Arbitrary<Target> =>
  fc.record({
    kind: fc.constant(kind),
    path: collectionPath(kind),
    name: targetName,
    sub: mostly(pick("", "", "", "", ...kind.subresources.map((sub) => `/${sub}`)), oddSubresource, 40),
  })

const pointersOf = (value: Json, at = ""): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null) return [at]
  const own = Object.entries(value).flatMap(([key, child]) =>
    pointersOf(child as Json, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  )
  return [...(at === "" ? [] : [at]), ...own]
}

const pointers = (kind: Collection): fc.Arbitrary<string> =>
  mostly(
    pick(
      ...pointersOf(kind.object("base")),
      "/metadata/labels/new",
      "/metadata/annotations/a~1b",
      "/spec/tags/-",
      "/spec/parts/0",
    ),
    fc.oneof(
      pick(
        "",
        "/",
        "//",
        "/-",
        "a",
        "~",
        "/~",
        "/~2",
        "/metadata/labels/~01",
        "/spec/parts/01",
        "/spec/parts/-1",
        "/spec/parts/1e0",
        "/spec/parts/99999999999",
        "/metadata/name",
        "/metadata/managedFields",
        "/metadata/managedFields/0",
        "/metadata/finalizers",
        "/__proto__/a",
        "/metadata/__proto__",
        "/constructor/prototype/a",
        `/${"a/".repeat(500)}`,
      ),
      oddString.map((text) => `/${text}`),
    ),
    5,
  )

const goodValue = (kind: Collection): fc.Arbitrary<Json> =>
  pick<Json>("v", 1, true, { a: "b" }, ["x"], null, kind.object("base").spec ?? "x")

const operation = (kind: Collection): fc.Arbitrary<Json> =>
  fc
    .record({
      op: mostly(pick("add", "add", "replace", "replace", "remove", "test", "move", "copy"), oddString, 30),
      path: pointers(kind),
      from: pointers(kind),
      value: mostly(goodValue(kind), oddValue, 2),
      bare: fc.nat(20),
    })
    .map(({ op, path, from, value, bare }) => {
      if (bare === 0) return { op, path }
      if (op === "remove") return { op, path }
      return op === "move" || op === "copy" ? { op, from, path } : { op, path, value }
    })

const leavesOf = (value: Json, at = ""): ReadonlyArray<readonly [string, Json]> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, child]) =>
        leavesOf(child as Json, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
      )
    : [[at, value]]

/** An operation that a client would send. */
const goodOperation = (kind: Collection): fc.Arbitrary<Json> =>
  fc.oneof(
    fc
      .tuple(pick("a", "b", "c~1d"), pick("labels", "annotations"), pick("x", "y"))
      .map(([key, where, value]) => ({ op: "add", path: `/metadata/${where}/${key}`, value })),
    fc
      .tuple(pick(...leavesOf(kind.object("base"))), pick("replace", "replace", "add", "test"))
      .map(([[path, value], op]) => ({ op, path, value })),
    fc.constant<Json>({ op: "copy", from: "/metadata/labels/app", path: "/metadata/annotations/app" }),
    fc.constant<Json>({ op: "move", from: "/metadata/labels/app", path: "/metadata/labels/app" }),
  ) as fc.Arbitrary<Json>

const jsonPatch = (kind: Collection): fc.Arbitrary<Json> =>
  mostly(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(goodOperation(kind), { minLength: 1, maxLength: 3 }) },
      {
        weight: 2,
        arbitrary: fc.array(fc.oneof(goodOperation(kind), operation(kind)), { minLength: 1, maxLength: 3 }),
      },
    ) as fc.Arbitrary<Json>,
    fc.oneof(
      mutated(fc.array(operation(kind), { maxLength: 4 }) as fc.Arbitrary<Json>),
      fc.constant<Json>(Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "x" }))),
      // Each copy doubles what it copies.
      fc.nat(24).map((times) => [
        { op: "add", path: "/metadata/annotations", value: { a: "x" } },
        ...Array.from({ length: times }, (_, step) => ({
          op: "copy",
          from: "/metadata",
          path: `/metadata/annotations/b${step}`,
        })),
      ]),
    ),
    40,
  ) as fc.Arbitrary<Json>

/** A part of a valid object, as a client changes it. */
const partOf = (kind: Collection): fc.Arbitrary<Json> => {
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = kind.object("base")
  const parts: ReadonlyArray<JsonObject> = [
    { metadata: { labels: { a: "b", tier: null } } },
    { metadata: { annotations: { note: "new" } } },
    { metadata: { finalizers: null } },
    rest,
    ...Object.entries(rest).map(([key, value]) => ({ [key]: value as Json })),
  ]
  return mutated(pick<Json>(...parts), [0, 1, 1, 2])
}

const directives: ReadonlyArray<JsonObject> = [
  { spec: { containers: [{ name: "web", $patch: "delete" }] } },
  {
    spec: {
      containers: [
        { name: "web", image: "x" },
        { name: "new", image: "y" },
      ],
      "$setElementOrder/containers": [{ name: "new" }, { name: "web" }],
    },
  },
  { spec: { $patch: "replace", containers: [{ name: "only", image: "z" }] } },
  { spec: { $retainKeys: ["type"], type: "ClusterIP" } },
  {
    spec: {
      ports: [
        { port: 80, $patch: "delete" },
        { port: 81, name: "n" },
      ],
    },
  },
  { spec: { "$setElementOrder/ports": [{ port: 53 }, { port: 80 }] } },
  { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"], finalizers: ["example.com/b"] } },
  { metadata: { "$setElementOrder/finalizers": ["b", "a"] } },
  { $patch: "delete" },
  { data: { $patch: "replace", k: "w" } },
  { data: { $retainKeys: ["k"], k: "w" } },
  { secrets: [{ name: "base", $patch: "delete" }, { name: "other" }] },
  { "$deleteFromPrimitiveList/x": ["a"], "$setElementOrder/y": 5, $retainKeys: "z" },
  {
    spec: {
      volumes: [
        { name: "data", emptyDir: null, configMap: { name: "base" }, $retainKeys: ["name", "configMap"] },
      ],
    },
  },
  { status: { conditions: [{ type: "Ready", $patch: "delete" }] } },
]
const strategicPatch = (kind: Collection): fc.Arbitrary<Json> =>
  fc.oneof(partOf(kind), mutated(pick<Json>(...directives), [0, 1, 1, 2, 3]))

interface Form {
  readonly type: string
  readonly kinds: ReadonlyArray<Collection>
  readonly patch: (kind: Collection) => fc.Arbitrary<Json>
}

const patchSlice = (slice: string, about: string, { type, kinds, patch }: Form): Slice => ({
  name: slice,
  about,
  draft: forKinds(kinds, (kind) =>
    fc.tuple(
      targetOf(kind),
      fc.oneof(
        { weight: 12, arbitrary: patch(kind).map(bytesOf) },
        { weight: 1, arbitrary: mutatedBytes(patch(kind).map(bytesOf)) },
      ),
      writeQuery,
      mostly(
        fc.constant(type),
        pick(
          `${type}; charset=utf-8`,
          "application/json",
          "application/json-patch+json",
          "application/apply-patch+yaml",
        ),
        40,
      ),
    ),
  ).map(([at, body, query, contentType]) =>
    fixed({
      method: "PATCH",
      url: urlOf(`${at.path}/${at.name}${at.sub}`, query),
      headers: { "content-type": contentType },
      body,
    }),
  ),
})

export const jsonPatches = patchSlice(
  "json-patches",
  "JSON patches with odd pointers, operations and values",
  {
    type: "application/json-patch+json",
    kinds: all,
    patch: jsonPatch,
  },
)
export const mergePatches = patchSlice("merge-patches", "merge patches of parts of valid objects", {
  type: "application/merge-patch+json",
  kinds: all,
  patch: partOf,
})
export const strategicPatches = patchSlice(
  "strategic-patches",
  "strategic merge patches with and without directives",
  {
    type: "application/strategic-merge-patch+json",
    kinds: all.filter((kind) => kind !== widgets),
    patch: strategicPatch,
  },
)
