/** Reads of some fields only (`fields=`), by paths that are right, wrong and endless. */
import fc from "fast-check"
import { configMaps, pathOf, sandboxes, services, widgets } from "../corpus.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { listOption, type Option, stir } from "./lists.ts"
import { bodyless, mostly, pick, readHeaders } from "./parts.ts"

const about = ["metadata.labels", "metadata.annotations", "kind", "metadata.labels['app']"]
const goodFields = [
  ...[...about, ...about, ...about, ...about],
  "metadata.labels",
  "metadata.labels['app']",
  "metadata.annotations",
  "metadata.generation",
  "kind",
  "metadata",
  "spec",
  "status",
  "data",
  "spec.parts[*].name",
  "spec.open",
  "spec.ports[*].port",
  "spec.containers[*].image",
  "spec.containers[*].env[*].name",
  "data['a.b']",
]
const oddFields = [
  ...[
    "",
    ".",
    ",",
    "a.",
    ".a",
    "a..b",
    "a[*",
    "a[0]",
    "a['",
    "a['x",
    "a['x\\'']",
    "[*]",
    "['spec']",
    "spec[*]",
    "*",
    "$",
    "a b",
  ],
  ...[
    "__proto__",
    "constructor.prototype",
    "spec['__proto__']",
    "metadata.labels['']",
    "é",
    "\u0000",
    "metadata.managedFields",
  ],
  ...[
    "spec.".repeat(40),
    "a,".repeat(200),
    "x".repeat(9_000),
    "spec.parts[*][*][*]",
    "spec.parts.name",
    "data[*]",
    "a[*].b[*]['c']",
  ],
]
const fieldPaths = fc
  .array(
    mostly(
      pick(...goodFields),
      fc.oneof(
        pick(...oddFields),
        fc.string({ unit: pick(..."spec.data[*]',\\$".split("")), maxLength: 14 }),
      ),
      6,
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((all) => all.join(","))
const projectedOption: fc.Arbitrary<Option> = fc.oneof(
  {
    weight: 4,
    arbitrary: pick<Option>(
      () => "",
      () => "limit=2",
      () => "pretty=1",
      () => "resourceVersion=0",
    ),
  },
  {
    weight: 2,
    arbitrary: pick<Option>(
      () => "watch=1",
      () => "watch=1&allowWatchBookmarks=true&skipUnchanged=true",
      () => "watch=1&skipUnchanged=true",
      () => "watch=1&resourceVersion=1",
      () => "skipUnchanged=x&watch=true",
    ),
  },
  { weight: 2, arbitrary: listOption },
)
/** Of kinds that have most of these fields, or leave them open. */
const projectable = [widgets, configMaps, services, sandboxes].flatMap((kind) => [
  pathOf(kind),
  `${pathOf(kind)}/base`,
])

const projectedDraft: fc.Arbitrary<Draft> = fc
  .tuple(pick(...projectable), fieldPaths, projectedOption, mostly(fc.constant({}), readHeaders, 3))
  .map(([path, fields, option, headers]) => (seen) => {
    const more = option(seen)
    const url = `${path}?fields=${encodeURIComponent(fields.toWellFormed())}${more === "" ? "" : `&${more}`}`
    return { method: "GET", url, headers, body: bodyless }
  })

export const projections: Slice = {
  name: "projections",
  about: "reads of some fields only, by paths that are right, wrong and endless",
  draft: fc.oneof({ weight: 6, arbitrary: projectedDraft }, { weight: 1, arbitrary: stir }),
}
