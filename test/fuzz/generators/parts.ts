/** Parts of requests that most slices need: names, paths, queries and headers as clients send them, now and then wrong. */
import fc from "fast-check"
import type { Json } from "../../../schemas/index.ts"
import { type Collection, pathOf } from "../corpus.ts"
import { jsonText, oddString } from "../mutations.ts"
import type { Draft, FuzzRequest } from "../request.ts"

export const json = { "content-type": "application/json" }
export const bodyless = new Uint8Array()

export const bytesOf = (value: Json): Uint8Array => Buffer.from(jsonText(value), "utf8")

export const fixed =
  (request: FuzzRequest): Draft =>
  () =>
    request

/** A small set, so that requests meet. */
export const name: fc.Arbitrary<string> = fc.constantFrom("base", "base", "base", "base", "a", "b")
/** Names that are mostly free. */
export const newName: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(2_000).map((number) => `n${number}`) },
  { weight: 1, arbitrary: name },
)

export const pick = <T>(...values: ReadonlyArray<T>): fc.Arbitrary<T> => fc.constantFrom(...values)

/** The first far more often than the second. */
export const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 9): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })

const escaped = (text: string): string => {
  try {
    return encodeURIComponent(text)
  } catch {
    return "%ed%a0%80"
  }
}

/** Odd text for a URL, escaped or not. */
export const oddUrlText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: oddString.map(escaped) },
  {
    weight: 1,
    arbitrary: pick("%zz", "%", "%2F", "%2e%2e", "%00", "%ff", "..", ".", "a b", "+", "é", "?", "#", ";"),
  },
)

export type Query = ReadonlyArray<readonly [string, string]>

export const urlOf = (path: string, query: Query): string =>
  query.length === 0 ? path : `${path}?${query.map(([key, value]) => `${key}=${value}`).join("&")}`

const pair = (key: string, ...values: ReadonlyArray<string>): fc.Arbitrary<readonly [string, string]> =>
  fc.constantFrom(...values).map((value) => [key, value] as const)

/** Options of writes, mostly good. */
const writeOption = mostly(
  fc.oneof(
    pair("fieldManager", "kubectl-create", "kubectl-client-side-apply", "fuzz"),
    pair("fieldValidation", "Strict", "Warn", "Ignore", ""),
    pair("dryRun", "All"),
    pair("pretty", "true", "1", "false"),
    pair("timeout", "32s"),
  ),
  fc.oneof(
    pair("dryRun", "x", "", "all"),
    pair("fieldValidation", "strict", "x"),
    pair("fieldManager", "%00", "x".repeat(129), "%c3%a9"),
    pair("force", "true", "x"),
    fc.tuple(pick("dryRun", "fieldValidation", "fieldManager", "__proto__", "", "timeout"), oddUrlText),
  ),
  12,
)
export const writeQuery: fc.Arbitrary<Query> = fc.oneof(
  fc.constant<Query>([]),
  fc.constant<Query>([
    ["fieldManager", "kubectl-create"],
    ["fieldValidation", "Strict"],
  ]),
  fc.array(writeOption, { maxLength: 3 }),
)

const table =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
const metadata =
  "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

export const accept: fc.Arbitrary<string> = mostly(
  pick(
    "application/json",
    "application/json, */*",
    "application/vnd.kubernetes.protobuf,application/json",
    table,
    metadata,
    metadata.replaceAll("Metadata;", "MetadataList;"),
    "application/yaml",
    "*/*",
    "",
  ),
  fc.oneof(
    pick(
      ";;;,,,q=;",
      "application/json;q=0",
      "application/json;as=Nothing",
      "application/json;as=Table;v=v9;g=meta.k8s.io",
      "application/vnd.kubernetes.protobuf",
      "text/html",
      `${"application/json;as=Table;v=v1;g=meta.k8s.io;q=0.1,".repeat(300)}*/*`,
      "application/json;as=Table;v=v1;g=meta.k8s.io",
      "\u0000",
    ),
    oddString,
  ),
  12,
)

export const readHeaders: fc.Arbitrary<{ readonly [name: string]: string }> = fc
  .tuple(accept, pick("", "gzip", "gzip", "br;q=1, gzip;q=0"))
  .map(([accepted, encoding]) => ({
    ...(accepted === "" ? {} : { accept: accepted }),
    ...(encoding === "" ? {} : { "accept-encoding": encoding }),
    "user-agent": "kubectl/v1.33.0 (linux/amd64) kubernetes/60a317e",
  }))

export const namespace: fc.Arbitrary<string> = mostly(fc.constant("default"), pick("base", "nowhere"), 20)

/** One of some kinds, and what is made for it: once a kind, for arbitraries cost more to make than to draw from. */
export const forKinds = <T>(
  kinds: ReadonlyArray<Collection>,
  make: (kind: Collection) => fc.Arbitrary<T>,
): fc.Arbitrary<T> => {
  const made = new Map(kinds.map((kind) => [kind, make(kind)]))
  return fc.constantFrom(...kinds).chain((kind) => made.get(kind) ?? make(kind))
}

/** The path of a collection, mostly in a namespace that is there. */
export const collectionPath = (kind: Collection): fc.Arbitrary<string> =>
  namespace.map((where) => pathOf(kind, where))

const usableVersion = 5

/** Sets the resourceVersion that was last seen at a path, as a client does that has read the object. */
export const versioned = (object: Json, version: string): Json => {
  if (version === "" || typeof object !== "object" || object === null || Array.isArray(object)) return object
  const copy = { ...(object as { readonly [key: string]: Json }) }
  const { metadata: meta } = copy
  if (typeof meta !== "object" || meta === null || Array.isArray(meta)) return object
  return { ...copy, metadata: { ...meta, resourceVersion: version } }
}

/** Once in so many without a version, or with one of long ago. */
export const carriesVersion: fc.Arbitrary<boolean> = fc.nat(usableVersion).map((chance) => chance > 0)
