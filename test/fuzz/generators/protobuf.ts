/** Protobuf bodies as kubectl and client-go post them, truncated, with bytes altered, and made of fields at random. */
import { readFileSync } from "node:fs"
import fc from "fast-check"
import { all, type Collection, pathOf } from "../corpus.ts"
import { byteAlteration, mutatedBytes } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { fixed, mostly, pick } from "./parts.ts"

interface Recorded {
  readonly body: string
  readonly object: { readonly kind: string; readonly apiVersion: string }
}

const recorded: ReadonlyArray<Recorded> = JSON.parse(
  readFileSync(new URL("../../../apiserver/protobuf/testdata/kubectl-1.33.json", import.meta.url), "utf8"),
)

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}
const field = (number: number, wire: number, payload: Uint8Array): Buffer =>
  Buffer.concat([varint((number << 3) | wire), payload])
const counted = (bytes: Uint8Array): Buffer => Buffer.concat([varint(bytes.length), bytes])
const text = (number: number, value: string): Buffer => field(number, 2, counted(Buffer.from(value)))

/** Source: `runtime.Unknown`. */
const envelope = (apiVersion: string, kind: string, raw: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    field(1, 2, counted(Buffer.concat([text(1, apiVersion), text(2, kind)]))),
    field(2, 2, counted(raw)),
  ])

/** Fields of small numbers, nested: most of them mean something to some message. */
const message: fc.Arbitrary<Uint8Array> = fc.letrec<{ readonly m: Uint8Array }>((tie) => ({
  m: fc
    .array(
      fc.oneof(
        { maxDepth: 5, depthIdentifier: "protobuf" },
        fc
          .tuple(fc.nat(14), pick("", "a", "base", "default", "v1", "1Ki", "\u0000", "__proto__", "é"))
          .map(([number, value]) => text(number, value)),
        fc
          .tuple(fc.nat(14), fc.oneof(fc.nat(3), fc.nat()))
          .map(([number, value]) => field(number, 0, varint(value))),
        fc
          .tuple(fc.nat(14), fc.uint8Array({ maxLength: 8 }))
          .map(([number, bytes]) => field(number, 2, counted(bytes))),
        fc
          .tuple(fc.nat(14), pick(1, 3, 4, 5, 6, 7), fc.uint8Array({ maxLength: 9 }))
          .map(([number, wire, bytes]) => field(number, wire, bytes)),
        fc.tuple(fc.nat(14), tie("m")).map(([number, bytes]) => field(number, 2, counted(bytes))),
      ),
      { maxLength: 6 },
    )
    .map((fields) => Buffer.concat(fields)),
})).m

const named = (name: string): Buffer => field(1, 2, counted(text(1, name)))

const deep = (depth: number): Uint8Array => {
  let bytes: Uint8Array = Buffer.alloc(0)
  for (let level = 0; level < depth; level++) bytes = field(5, 2, counted(bytes))
  return bytes
}

interface Body {
  readonly path: string
  readonly body: Uint8Array
}

const collectionOf = (kind: string, apiVersion: string): string => {
  const found = all.find(
    (each: Collection) =>
      each.kind === kind &&
      apiVersion.endsWith(each.version) &&
      (each.group === "" ? apiVersion === "v1" : apiVersion.startsWith(each.group)),
  )
  if (found !== undefined) return pathOf(found)
  if (kind === "TokenRequest") return "/api/v1/namespaces/default/serviceaccounts/base/token"
  const [group, version] = apiVersion.split("/")
  return version === undefined
    ? `/api/v1/namespaces/default/${kind.toLowerCase()}s`
    : `/apis/${group}/${version}/${kind.toLowerCase()}s`
}

/** A recorded body under a name that is mostly free: names are text of one length, so the lengths still hold. */
const recordedBody: fc.Arbitrary<Body> = fc
  .tuple(pick(...recorded), fc.nat(99), byteAlteration([0, 0, 0, 1, 1, 2]))
  .map(([{ body, object }, number, alter]) => {
    const bytes = Buffer.from(body, "base64")
    const name = (object as unknown as { metadata?: { name?: string } }).metadata?.name ?? ""
    const fresh = `x${number}xxxxxxxx`.slice(0, name.length)
    const renamed = Buffer.from(
      bytes.toString("latin1").replace(name, name.length > 2 ? fresh : name),
      "latin1",
    )
    return { path: collectionOf(object.kind, object.apiVersion), body: alter(renamed) }
  })

const madeBody: fc.Arbitrary<Body> = fc
  .tuple(pick(...all), fc.nat(200), message, fc.nat(40))
  .map(([kind, number, fields, odd]) => {
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`
    const raw = odd === 0 ? deep(400) : Buffer.concat([named(`m${number}`), fields])
    return { path: pathOf(kind), body: envelope(apiVersion, kind.kind, raw) }
  })
/** The least that a kind is: always accepted by kinds that need nothing. */
const bareBody: fc.Arbitrary<Body> = fc
  .tuple(
    pick("configmaps", "secrets", "serviceaccounts", "roles", "clusterroles", "leases", "nodes"),
    fc.nat(999),
  )
  .map(([plural, number]) => {
    const kind = all.find((each) => each.plural === plural) as Collection
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`
    return { path: pathOf(kind), body: envelope(apiVersion, kind.kind, named(`n${number}`)) }
  })

const type = mostly(
  pick("application/vnd.kubernetes.protobuf"),
  pick(
    "application/json",
    "application/vnd.kubernetes.protobuf; charset=x",
    "application/vnd.kubernetes.protobuf;stream=watch",
  ),
  30,
)

const draft: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: recordedBody },
      { weight: 4, arbitrary: madeBody },
      { weight: 2, arbitrary: bareBody },
    ),
    type,
    pick("", "?fieldValidation=Strict", "?dryRun=All"),
  )
  .map(([{ path, body }, contentType, query]) =>
    fixed({
      method: "POST",
      url: `${path}${query}`,
      headers: {
        "content-type": contentType,
        accept: "application/vnd.kubernetes.protobuf,application/json",
      },
      body,
    }),
  )

/** Options of deletions, which client-go posts in protobuf too. */
const options: fc.Arbitrary<Draft> = fc
  .tuple(pick(...all), fc.nat(200), mutatedBytes(message))
  .map(([kind, number, raw]) =>
    fixed({
      method: "DELETE",
      url: `${pathOf(kind)}/m${number}`,
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      body: envelope("v1", "DeleteOptions", raw),
    }),
  )

export const protobuf: Slice = {
  name: "protobuf",
  about: "recorded protobuf bodies with bytes altered, and messages of fields at random",
  weight: 2,
  draft: fc.oneof({ weight: 10, arbitrary: draft }, { weight: 1, arbitrary: options }),
}
