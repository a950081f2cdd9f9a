/** Valid objects of every kind, created, updated and deleted with a part or two of them altered. */
import fc from "fast-check"
import { stringify } from "yaml"
import type { Json } from "../../../schemas/index.ts"
import { all, type Collection, configMaps, pathOf } from "../corpus.ts"
import { alteration, byteAlteration, mutated, mutatedBytes, oddString } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import {
  bodyless,
  bytesOf,
  carriesVersion,
  collectionPath,
  fixed,
  forKinds,
  json,
  mostly,
  name,
  namespace,
  newName,
  oddUrlText,
  pick,
  readHeaders,
  urlOf,
  versioned,
  writeQuery,
} from "./parts.ts"

const anyPath = forKinds(all, collectionPath)

interface Parts {
  readonly kind: Collection
  readonly path: string
  readonly name: string
  readonly document: Json
}

/** A kind, a place and a document for it. */
const subject = (kinds: ReadonlyArray<Collection>, names: fc.Arbitrary<string>): fc.Arbitrary<Parts> =>
  fc.tuple(pick(...kinds), names, namespace, alteration()).map(([kind, named, where, alter]) => ({
    kind,
    path: pathOf(kind, where),
    name: named,
    document: alter(kind.object(named)),
  }))

const create = fc
  .tuple(subject(all, newName), writeQuery)
  .map(([{ path, document }, query]) =>
    fixed({ method: "POST", url: urlOf(path, query), headers: json, body: bytesOf(document) }),
  )

const oddSubresource = oddUrlText.map((text) => `/${text}`)
/** The object itself, a subresource of its kind by number, or one that nobody has. */
const subresource: fc.Arbitrary<(kind: Collection) => string> = mostly(
  fc.nat(11).map((number) => ({ subresources }: Collection) => {
    const found = subresources[number]
    return found === undefined ? "" : `/${found}`
  }),
  oddSubresource.map((text) => () => text),
  30,
)

const update: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.tuple(subject(all, name), subresource).map(([parts, sub]) => ({ ...parts, sub: sub(parts.kind) })),
    writeQuery,
    carriesVersion,
  )
  .map(([{ path, name: named, document, sub }, query, carries]) => (seen) => {
    const place = `${path}/${named}`
    const sent = carries ? versioned(document, seen.versionOf(place)) : document
    return { method: "PUT", url: urlOf(`${place}${sub}`, query), headers: json, body: bytesOf(sent) }
  })

const deleteOptions: fc.Arbitrary<Json> = mutated(
  pick<Json>(
    { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
    { propagationPolicy: "Orphan" },
    { propagationPolicy: "Foreground", gracePeriodSeconds: 0 },
    { preconditions: { uid: "x", resourceVersion: "1" } },
    { orphanDependents: true },
    { dryRun: ["All"] },
    {},
  ),
)
const remove: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.tuple(anyPath, name),
    fc.oneof(fc.constant(bodyless), deleteOptions.map(bytesOf)),
    pick(
      "",
      "",
      "",
      "?propagationPolicy=Orphan",
      "?gracePeriodSeconds=x",
      "?orphanDependents=1",
      "?dryRun=All",
    ),
    fc.nat(5),
  )
  .map(([[path, named], body, query, whole]) => {
    const url = whole === 0 ? `${path}${query || "?labelSelector=tier%3Da"}` : `${path}/${named}${query}`
    return fixed({ method: "DELETE", url, headers: json, body })
  })

const read = fc
  .tuple(fc.tuple(anyPath, name), readHeaders)
  .map(([[path, named], headers]) =>
    fixed({ method: "GET", url: `${path}/${named}`, headers, body: bodyless }),
  )

export const objects: Slice = {
  name: "objects",
  about: "creates, updates and deletes of every kind with values of the object replaced",
  weight: 3,
  draft: fc.oneof(
    { weight: 5, arbitrary: create },
    { weight: 5, arbitrary: update },
    { weight: 2, arbitrary: remove },
    { weight: 1, arbitrary: read },
  ),
}

const oddYaml = [
  "a: &a [*a]",
  "a: &a [1,2]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]",
  "? [a]\n: b",
  "<<: {a: 1}",
  "!!binary aGk=",
  "!!js/function 'x'",
  "--- a\n--- b",
  "%YAML 9.9\n---\na: b",
  "a: 0x1F\nb: 0o17\nc: .inf\nd: .nan\ne: 2001-01-01\nf: 1_000",
  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {k: 1}\n",
  "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: base\n  name: base\n",
  "kind: ConfigMap\napiVersion: v1\nmetadata: {name: base, __proto__: {a: b}}",
  `${"[".repeat(300)}`,
  `a: ${"{b: ".repeat(250)}1${"}".repeat(250)}`,
  `${"- ".repeat(3_000)}x`,
  "a:\n\t- b",
  "\ufeffkind: ConfigMap\nmetadata: {name: base}",
  "? ? ? ? a",
  "a: |\n x\n  y\n z",
  "[a, [b, {c: d, ? e}]]",
]

const oddContentType = fc.oneof(
  pick(
    ...[
      "application/json; charset=utf-8",
      "APPLICATION/JSON",
      "",
      "text/plain",
      "application/json,application/yaml",
    ],
    ...[
      "application/vnd.kubernetes.protobuf",
      "application/merge-patch+json",
      "multipart/form-data; boundary=x",
    ],
  ),
  oddString,
)

interface Text {
  readonly kind: Collection
  readonly name: string
  readonly body: Uint8Array
  readonly type: string
}

const few = [0, 0, 0, 1, 1, 2, 3]

/** A document in JSON, or as YAML that means the same. */
const damagedText: fc.Arbitrary<Text> = fc
  .tuple(
    pick(...all),
    newName,
    fc.boolean(),
    byteAlteration(few),
    mostly(fc.constant(undefined), oddContentType, 20),
  )
  .map(([kind, named, isYaml, alter, oddType]) => {
    const object = kind.object(named)
    const bytes = isYaml ? Buffer.from(stringify(object)) : bytesOf(object)
    const type = oddType ?? (isYaml ? "application/yaml" : "application/json")
    return { kind, name: named, body: alter(bytes), type }
  })

const oddText: fc.Arbitrary<Text> = fc.record({
  kind: fc.constant(configMaps),
  name,
  body: mutatedBytes(
    pick(...oddYaml).map((yaml) => Buffer.from(yaml)),
    [0, 0, 1, 2],
  ),
  type: fc.constant("application/yaml"),
})

/** Bodies whose text is damaged, sent to where the object that they come from belongs. */
export const texts: Slice = {
  name: "texts",
  about: "JSON and YAML bodies with bytes altered: broken UTF-8, repeated keys, aliases, depth, odd numbers",
  draft: fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: damagedText }, { weight: 1, arbitrary: oddText }),
      namespace,
      fc.boolean(),
      writeQuery,
    )
    .map(([text, where, creates, query]) => {
      const path = pathOf(text.kind, where)
      const isNew = creates || text.name !== "base"
      const url = urlOf(isNew ? path : `${path}/${text.name}`, query)
      const headers = { "content-type": text.type }
      return fixed({ method: isNew ? "POST" : "PUT", url, headers, body: text.body })
    }),
}
