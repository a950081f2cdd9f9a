/**
 * `mctl apply`: server-side apply of every document, in two rounds. The first is a dry run of all whose kind is served,
 * so that a manifest with anything wrong stores nothing; the second writes, Namespaces and CustomResourceDefinitions first.
 * With `--atomic` one request does it all, in one revision or not at all.
 */
import type { JsonObject } from "../../schemas/index.ts"
import type { Run } from "../command.ts"
import { discover } from "../discovery.ts"
import { CliFailure } from "../failure.ts"
import { applyDocuments, checkDocuments } from "../manifest/applier.ts"
import { applyAtomically, outcomesOf } from "../manifest/atomic-apply.ts"
import { readManifests } from "../manifest/files.ts"
import { planDocuments } from "../manifest/plan.ts"
import { nameOf, parseFormat } from "../output/format.ts"
import { print } from "../program.ts"

export const runApply: Run = async (args, program) => {
  const output = args.text("output")
  const format = parseFormat(output, { headers: true, managedFields: false })
  const documents = await readManifests({
    filenames: args.list("filename"),
    recursive: args.flag("recursive"),
    stdin: program.streams.stdin,
  })
  const prune = args.text("prune")
  const atomic = args.flag("atomic")
  if (prune !== undefined && !atomic)
    throw new CliFailure(
      "Usage",
      "--prune needs --atomic: what is deleted goes in the revision of what is applied",
    )
  const cluster = await program.connect(args)
  const namespace = args.text("namespace")
  const resources = await discover(cluster.api)
  const planned = planDocuments(documents, { resources, namespace })
  const applier = {
    api: cluster.api,
    namespace: namespace ?? cluster.namespace,
    fieldManager: args.text("field-manager") ?? "mctl",
    force: args.flag("force-conflicts"),
  }
  const tell = (what: string) => (object: JsonObject) => {
    if (format.type === "table") print(program, `${nameOf(object)} ${what}\n`)
  }
  const dryRun = args.text("dry-run") === "server"
  if (atomic) {
    const answer = await applyAtomically(applier, planned, { resources, prune, dryRun })
    const outcomes = outcomesOf(answer)
    for (const { object, outcome } of outcomes) tell(dryRun ? `${outcome} (server dry run)` : outcome)(object)
    const shown = output === "name" ? asOne(outcomes.map(({ object }) => object)) : answer
    if (format.type === "objects") print(program, await format.print(shown))
    return 0
  }
  // One document is stored or not: it needs no round before.
  const checked = dryRun || documents.length > 1 ? await checkDocuments(applier, planned) : []
  if (dryRun) for (const object of checked) tell("applied (server dry run)")(object)
  const objects = dryRun ? checked : await applyDocuments(applier, planned, tell("applied"))
  if (format.type === "objects") print(program, await format.print(asOne(objects)))
  return 0
}

const asOne = (objects: ReadonlyArray<JsonObject>): JsonObject => {
  const [only, ...more] = objects
  return only !== undefined && more.length === 0
    ? only
    : { apiVersion: "v1", kind: "List", metadata: {}, items: objects }
}
