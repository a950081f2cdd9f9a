/** `mctl config`: the kubeconfig in use, merged from its files, without its secrets. */
import { type Kubeconfig, readKubeconfig } from "../../client/wire/index.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { Arguments } from "../arguments.ts"
import type { Run } from "../command.ts"
import { CliFailure } from "../failure.ts"
import { textAt } from "../json.ts"
import { Columns, cellText } from "../output/columns.ts"
import { parseFormat } from "../output/format.ts"
import { print } from "../program.ts"

export const runConfig: Run = async (args, program) => {
  const [what, ...more] = args.operands
  if (more.length > 0 || !["view", "current-context", "get-contexts"].includes(what ?? ""))
    throw new CliFailure("Usage", "config what? view, current-context or get-contexts")
  const config = await read(args, program.environment)
  const current = args.text("context") ?? config.currentContext
  if (what === "current-context") {
    if (current === undefined)
      throw new CliFailure("NotFound", `${config.files.join(", ")}: there is no current-context`)
    print(program, `${current}\n`)
  } else if (what === "get-contexts") print(program, contextTable(config, current))
  else {
    const format = parseFormat(args.text("output") ?? "yaml", { headers: true, managedFields: true })
    if (format.type !== "objects") throw new CliFailure("Usage", "config view is in yaml or json")
    print(program, await format.print(viewOf(config, current)))
  }
  return 0
}

const read = async (
  args: Arguments,
  environment: { readonly [name: string]: string | undefined },
): Promise<Kubeconfig> => {
  const kubeconfig = args.text("kubeconfig")
  const config = await readKubeconfig({ environment, ...(kubeconfig === undefined ? {} : { kubeconfig }) })
  if (config === undefined)
    throw new CliFailure("NotFound", "there is no kubeconfig: set KUBECONFIG or --kubeconfig")
  return config
}

const contextTable = (config: Kubeconfig, current: string | undefined): string =>
  new Columns().format([
    ["CURRENT", "NAME", "CLUSTER", "USER", "NAMESPACE"],
    ...[...config.contexts].map(([name, { value }]) => [
      name === current ? "*" : "",
      name,
      ...["cluster", "user", "namespace"].map((field) => cellText(textAt(value, field))),
    ]),
  ])

const viewOf = (config: Kubeconfig, current: string | undefined): JsonObject => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": current ?? "",
  clusters: entries(config.clusters, "cluster"),
  contexts: entries(config.contexts, "context"),
  users: entries(config.users, "user"),
})

const entries = (section: Kubeconfig["clusters"], key: string): ReadonlyArray<JsonObject> =>
  [...section].map(([name, { value }]) => {
    const fields: JsonObject = JSON.parse(JSON.stringify(value))
    return { name, [key]: key === "user" ? redactAll(fields) : redactData(fields) }
  })

/** Certificates of authorities are no secret, only long. */
const redactData = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, name.endsWith("-data") ? "DATA+OMITTED" : field]),
  )

/** Fields of users that say where a secret is, or whose it is, and are none themselves. */
const openFields = ["client-certificate", "client-key", "tokenFile", "username", "as", "as-groups", "as-uid"]

const redactAll = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]): [string, Json] => [
      name,
      openFields.includes(name) ? field : "REDACTED",
    ]),
  )
