/** Lists and watches: selectors, continue tokens, versions, limits, and options that contradict each other. */
import fc from "fast-check"
import { all, type Collection, pathOf, plain } from "../corpus.ts"
import { mutatedBytes } from "../mutations.ts"
import type { Draft, Seen } from "../request.ts"
import type { Slice } from "../slice.ts"
import { bodyless, json, mostly, oddUrlText, pick, readHeaders } from "./parts.ts"

/** One option of a query. */
export type Option = (seen: Seen) => string

const encoded = (key: string, value: string): string => `${key}=${encodeURIComponent(value)}`
const say =
  (key: string) =>
  (value: string): Option =>
  () =>
    encoded(key, value)

const labelSelector = mostly(
  pick(
    "app=fuzz",
    "app==fuzz,tier!=a",
    "app in (fuzz,b)",
    "tier notin (a)",
    "!missing",
    "app",
    "",
    "tier>1",
    "a/b=c",
    "app=fuzz,app=fuzz",
    " app = fuzz ",
    "app=",
  ),
  fc.oneof(
    pick(
      "a in (",
      "a in ()",
      "a in b",
      "=",
      ",",
      ",,",
      "!",
      "!!a",
      "a!",
      "a==",
      "a===b",
      "a in (b,,c)",
      "(a)",
      "a,b in (c",
      "A/B/C=d",
      "a>b",
      "a<1.5",
      "a<99999999999999999999",
      `${"a,".repeat(2_000)}b`,
      `x in (${"v,".repeat(1_500)}w)`,
      `a=${"b".repeat(64)}`,
      "a notin",
      "in in (in)",
      "notin",
    ),
    fc.string({ unit: fc.constantFrom(..."ab=!,()<> /in".split("")), maxLength: 16 }),
  ),
  3,
)
const fieldSelector = mostly(
  pick(
    "metadata.name=base",
    "metadata.namespace=default",
    "metadata.name!=base",
    "metadata.name==a",
    "",
    "spec.color=blue",
    "type=Opaque",
    "involvedObject.name=base,involvedObject.kind=Widget",
    "status.phase=Active",
    "metadata.name=base,metadata.namespace=default",
  ),
  fc.oneof(
    pick(
      ",,,=",
      "metadata.name",
      "=",
      "a=b=c",
      "metadata.name=a\\,b",
      "metadata.name=\\",
      "metadata.name in (a)",
      "spec.nothing=1",
      "__proto__=a",
      "constructor=b",
      `metadata.name=${"x".repeat(3_000)}`,
      "metadata.name=base,".repeat(500),
      "metadata.labels.app=x",
    ),
    fc.string({ unit: fc.constantFrom(..."metadata.name=!,\\ ".split("")), maxLength: 20 }),
  ),
  3,
)
const badVersions = [
  "-1",
  "1.5",
  "x",
  "00",
  "18446744073709551615",
  "18446744073709551616",
  "9223372036854775807",
  "99999999",
  "1e3",
  " 1",
  "0x10",
]
const resourceVersion: fc.Arbitrary<Option> = mostly(
  fc.oneof(
    pick("0", "0", "", "1").map(say("resourceVersion")),
    fc.constant<Option>((seen) => `resourceVersion=${seen.revision}`),
    fc
      .nat(40)
      .map<Option>((back) => (seen) => `resourceVersion=${Math.max(1, Number(seen.revision) - back)}`),
  ),
  pick(...badVersions).map(say("resourceVersion")),
)

const token = (start: string, rv: number, version = "meta.k8s.io/v1"): string =>
  Buffer.from(JSON.stringify({ v: version, rv, start })).toString("base64url")

const forged = pick(
  ...["AAAA", "", "%", "e30", "bnVsbA", "W10", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ"],
  ...[
    token("base\u0000", -1),
    token("", 1),
    token("../../secrets/x\u0000", -1),
    token("base\u0000", 1e21),
    token("a", 5, "x"),
  ],
  ...[token("\ud800", 3), token("x".repeat(4_000), -1), token("base", 1), token("default/base\u0000", -1)],
)
/** A token that the server gave, as it was or with bytes of it altered. */
const continueToken: fc.Arbitrary<Option> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.nat(7).map<Option>(
      (which) =>
        ({ continues }) =>
          encoded("continue", continues.at(-1 - which) ?? ""),
    ),
  },
  { weight: 1, arbitrary: forged.map(say("continue")) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(200), fc.string({ maxLength: 3 }), fc.boolean())
      .map<Option>(([at, text, inside]) => ({ continues }) => {
        const real = continues.at(-1) ?? ""
        const plainText = inside ? Buffer.from(real, "base64url").toString("latin1") : real
        const place = at % (plainText.length + 1)
        const altered = `${plainText.slice(0, place)}${text}${plainText.slice(place + text.length)}`
        return encoded("continue", inside ? Buffer.from(altered, "latin1").toString("base64url") : altered)
      }),
  },
)

const limit = mostly(
  pick("1", "2", "3", "500", "0"),
  pick("-1", "x", "1.5", "99999999999999999", "1e3", "", "9223372036854775808", "+1"),
)
const flag = mostly(pick("true", "1", "false"), pick("", "x", "TRUE", "0"), 6)

export const listOption: fc.Arbitrary<Option> = fc.oneof(
  { weight: 4, arbitrary: labelSelector.map(say("labelSelector")) },
  { weight: 4, arbitrary: fieldSelector.map(say("fieldSelector")) },
  { weight: 4, arbitrary: limit.map(say("limit")) },
  { weight: 3, arbitrary: continueToken },
  { weight: 3, arbitrary: resourceVersion },
  {
    weight: 1,
    arbitrary: mostly(pick("Exact", "NotOlderThan"), pick("x", "", "exact")).map(say("resourceVersionMatch")),
  },
  { weight: 1, arbitrary: pick("Object", "None", "Metadata", "x", "").map(say("includeObject")) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        pick(
          "timeoutSeconds",
          "sendInitialEvents",
          "allowWatchBookmarks",
          "pretty",
          "fields",
          "limit",
          "watch",
          "",
        ),
        oddUrlText,
      )
      .map<Option>(
        ([key, value]) =>
          () =>
            `${key}=${value}`,
      ),
  },
)

const collections: ReadonlyArray<string> = [
  ...plain.map((kind) => pathOf(kind)),
  ...all.map((kind: Collection) => pathOf({ ...kind, namespaced: false })),
]

const joined = (path: string, options: ReadonlyArray<Option>, seen: Seen): string => {
  const query = options.map((option) => option(seen)).join("&")
  return query === "" ? path : `${path}?${query}`
}

const listDraft: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...collections),
    fc.oneof(
      { weight: 2, arbitrary: fc.array(listOption, { maxLength: 4 }) },
      // A page and what follows it.
      { weight: 1, arbitrary: pick("1", "2").map((count) => [say("limit")(count)]) },
      {
        weight: 1,
        arbitrary: fc.tuple(
          pick("1", "2").map((count) => say("limit")(count)),
          continueToken,
        ),
      },
    ),
    readHeaders,
  )
  .map(([path, options, headers]) => (seen) => ({
    method: "GET",
    url: joined(path, options, seen),
    headers,
    body: bodyless,
  }))

/** What makes lists long enough to have pages, and watches have something to tell. */
export const stir: fc.Arbitrary<Draft> = fc
  .tuple(pick(...plain), fc.nat(12), fc.nat(3))
  .map(([kind, number, which]) => () => {
    const named = `s${number}`
    if (which === 0) return { method: "DELETE", url: `${pathOf(kind)}/${named}`, headers: {}, body: bodyless }
    const body = Buffer.from(JSON.stringify(kind.object(named)))
    return { method: "POST", url: pathOf(kind), headers: json, body }
  })

export const lists: Slice = {
  name: "lists",
  about: "lists with selectors, continue tokens, versions, limits and options that contradict each other",
  weight: 2,
  draft: fc.oneof({ weight: 8, arbitrary: listDraft }, { weight: 1, arbitrary: stir }),
}

const watchOption: fc.Arbitrary<Option> = fc.oneof(
  { weight: 4, arbitrary: resourceVersion },
  { weight: 2, arbitrary: flag.map(say("allowWatchBookmarks")) },
  {
    weight: 2,
    arbitrary: pick<Option>(
      () => "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
      () => "sendInitialEvents=true",
      () => "sendInitialEvents=false&resourceVersionMatch=NotOlderThan",
      () => "resourceVersionMatch=Exact",
      () => "sendInitialEvents=x",
    ),
  },
  {
    weight: 3,
    arbitrary: mostly(pick("0", "1", "30", "300"), pick("-1", "x", "999999999999999", "1e9")).map(
      say("timeoutSeconds"),
    ),
  },
  { weight: 2, arbitrary: labelSelector.map(say("labelSelector")) },
  { weight: 2, arbitrary: fieldSelector.map(say("fieldSelector")) },
  { weight: 1, arbitrary: pick("1", "500").map(say("limit")) },
)
const places = collections.flatMap((path) => [
  path,
  path,
  path.replace(/^(\/api\/v1|\/apis\/[^/]+\/[^/]+)/, "$1/watch"),
  `${path}/base`,
])

const watchDraft: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...places),
    mostly(
      pick("watch=true", "watch=1"),
      pick("watch=", "watch=false", "watch=x", "watch=TRUE&watch=false"),
      12,
    ),
    fc.array(watchOption, { maxLength: 3 }),
    readHeaders,
  )
  .map(([path, watch, options, headers]) => (seen) => ({
    method: "GET",
    url: `${joined(path, [() => watch, ...options], seen)}`,
    headers,
    body: bodyless,
  }))

export const watches: Slice = {
  name: "watches",
  about: "watches from every version, with selectors, bookmarks, initial events and timeouts",
  weight: 2,
  draft: fc.oneof({ weight: 6, arbitrary: watchDraft }, { weight: 2, arbitrary: stir }),
}

const verbatim = mutatedBytes(
  pick(...collections).map((path) => Buffer.from(`${path}?watch=true&limit=1&labelSelector=app%3Dfuzz`)),
)
/** Whole URLs with bytes altered. */
export const urls: Slice = {
  name: "urls",
  about: "the URL of a list with bytes altered",
  draft: fc.tuple(verbatim, readHeaders).map(([url, headers]) => () => ({
    method: "GET",
    url: Buffer.from(url).toString("latin1"),
    headers,
    body: bodyless,
  })),
}
