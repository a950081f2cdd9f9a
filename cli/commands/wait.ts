/** `mctl wait`: until objects have a condition, a field value, exist, or are gone. */
import type { JsonObject } from "../../schemas/index.ts"
import { parseDuration } from "../arguments.ts"
import type { Run } from "../command.ts"
import { singularName } from "../discovery.ts"
import { withResources } from "../discovery-cache.ts"
import { CliFailure } from "../failure.ts"
import { arrayAt, textAt, valueAt } from "../json.ts"
import { listObjects } from "../list-pages.ts"
import { compilePath, formatValue } from "../output/json-path.ts"
import { objectPath } from "../path.ts"
import { namespaceOf, print } from "../program.ts"
import { parseTargets } from "../resource-name.ts"
import { awaitObject, type ObjectName, type Wanted } from "../wait-for.ts"

export const runWait: Run = async (args, program) => {
  const condition = parseCondition(args.text("for"))
  const deadline = performance.now() + parseDuration("timeout", args.text("timeout") ?? "30s")
  const cluster = await program.connect(args)
  const namespace = namespaceOf(args, cluster)
  const names: ObjectName[] = []
  for (const { resource, name } of await withResources(cluster, (resources) =>
    parseTargets(resources, args.operands),
  )) {
    if (name !== undefined) names.push({ resource, namespace, name })
    else if (
      !args.flag("all") &&
      args.text("selector") === undefined &&
      args.text("field-selector") === undefined
    )
      throw new CliFailure("Usage", `which ${resource.plural}? Give names, a selector (-l), or --all`)
    else {
      const query = { labelSelector: args.text("selector"), fieldSelector: args.text("field-selector") }
      for (const object of await listObjects(cluster.api, resource, { namespace, query }))
        names.push({
          resource,
          namespace: textAt(object, "metadata", "namespace"),
          name: textAt(object, "metadata", "name"),
        })
    }
  }
  if (names.length === 0) throw new CliFailure("NotFound", "there is nothing to wait for")
  for (const name of names) {
    // What is waited for as created or gone may be absent; for all else its absence is an error, told at once.
    if (condition.present)
      await cluster.api.json({ path: objectPath(name.resource, name.namespace, name.name) })
    const timeoutMs = Math.max(0, deadline - performance.now())
    await awaitObject(cluster.api, name, { ...condition, timeoutMs, signal: program.signal })
    print(program, `${singularName(name.resource)}/${name.name} ${condition.met}\n`)
  }
  return 0
}

interface Condition {
  readonly wanted: Wanted
  /** For `timed out waiting for X ...` */
  readonly what: string
  readonly met: string
  readonly present: boolean
}

const forms = "condition=TYPE[=STATUS], delete, create or jsonpath=PATH[=VALUE]"

const parseCondition = (text: string | undefined): Condition => {
  if (text === undefined) throw new CliFailure("Usage", `wait for what? --for=${forms}`)
  const [name = "", ...rest] = text.split("=")
  if (text === "delete")
    return { wanted: (object) => object === undefined, what: "to be gone", met: "deleted", present: false }
  if (text === "create")
    return { wanted: (object) => object !== undefined, what: "to exist", met: "created", present: false }
  if (name === "condition" && rest[0] !== undefined && rest[0] !== "")
    return conditionIs(rest[0], rest[1] ?? "True")
  if (name === "jsonpath" && rest.length > 0) return fieldIs(rest.join("="))
  throw new CliFailure("Usage", `--for=${text} is none of ${forms}`)
}

/** Met by a condition of the current generation only: an older one tells of an older spec. */
const conditionIs = (type: string, status: string): Condition => ({
  wanted: (object) =>
    object !== undefined &&
    arrayAt(object, "status", "conditions").some(
      (one) =>
        textAt(one, "type").toLowerCase() === type.toLowerCase() &&
        textAt(one, "status").toLowerCase() === status.toLowerCase() &&
        isCurrent(object, valueAt(one, "observedGeneration")),
    ),
  what: `to have condition ${type}=${status}`,
  met: "condition met",
  present: true,
})

const isCurrent = (object: JsonObject, observed: unknown): boolean => {
  const generation = valueAt(object, "metadata", "generation")
  return typeof observed !== "number" || typeof generation !== "number" || observed >= generation
}

const fieldIs = (text: string): Condition => {
  const [, path = "", value] = /^(\{.*\}|[^=]*)(?:=(.*))?$/s.exec(text) ?? []
  const select = compilePath(path)
  return {
    wanted: (object) => {
      const found = object === undefined ? [] : select(object)
      return value === undefined ? found.length > 0 : found.some((one) => formatValue(one) === value)
    },
    what: `to have ${path}${value === undefined ? "" : ` = ${value}`}`,
    met: "condition met",
    present: true,
  }
}
