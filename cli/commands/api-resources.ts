/** `mctl api-resources` and `mctl api-versions`: what the server serves. */
import type { Run } from "../command.ts"
import { apiVersionOf, discover } from "../discovery.ts"
import { Columns } from "../output/columns.ts"
import { print } from "../program.ts"

export const runApiResources: Run = async (args, program) => {
  const { api } = await program.connect(args)
  const group = args.text("api-group")
  const namespaced = args.text("namespaced")
  const resources = (await discover(api))
    .filter((resource) => group === undefined || resource.group === group)
    .filter((resource) => namespaced === undefined || String(resource.namespaced) === namespaced)
    .sort((a, b) => compare(a.group, b.group) || compare(a.plural, b.plural))
  const output = args.text("output")
  if (output === "name") {
    for (const { plural, group: of } of resources)
      print(program, `${of === "" ? plural : `${plural}.${of}`}\n`)
    return 0
  }
  const wide = output === "wide"
  const heading = [
    "NAME",
    "SHORTNAMES",
    "APIVERSION",
    "NAMESPACED",
    "KIND",
    ...(wide ? ["VERBS", "CATEGORIES"] : []),
  ]
  const rows = resources.map((resource) => [
    resource.plural,
    resource.shortNames.join(","),
    apiVersionOf(resource),
    String(resource.namespaced),
    resource.kind,
    ...(wide ? [resource.verbs.join(","), resource.categories.join(",")] : []),
  ])
  print(program, new Columns().format([...(args.flag("no-headers") ? [] : [heading]), ...rows]))
  return 0
}

export const runApiVersions: Run = async (args, program) => {
  const { api } = await program.connect(args)
  const versions = new Set((await discover(api)).map(apiVersionOf))
  print(
    program,
    [...versions]
      .sort(compare)
      .map((version) => `${version}\n`)
      .join(""),
  )
  return 0
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
