/** `mctl delete`: each object by name, then, unless told otherwise, the wait until all are gone. */
import type { JsonObject } from "../../schemas/index.ts"
import type { Api } from "../api.ts"
import { type Arguments, parseDuration } from "../arguments.ts"
import type { Run } from "../command.ts"
import { discover, type Resource, singularName } from "../discovery.ts"
import { withResources } from "../discovery-cache.ts"
import { CliFailure, isReason } from "../failure.ts"
import { textAt } from "../json.ts"
import { listObjects } from "../list-pages.ts"
import { readManifests } from "../manifest/files.ts"
import { planDocuments } from "../manifest/plan.ts"
import { objectPath } from "../path.ts"
import { type Cluster, namespaceOf, type Program, print, warn } from "../program.ts"
import { parseTargets } from "../resource-name.ts"
import { awaitGone } from "../wait-for.ts"

interface Doomed {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
}

export const runDelete: Run = async (args, program) => {
  const timeout = args.text("timeout")
  const timeoutMs = timeout === undefined ? undefined : parseDuration("timeout", timeout)
  const body = deleteOptions(args)
  const cluster = await program.connect(args)
  const doomed =
    args.list("filename").length > 0
      ? await fromFiles(args, program, cluster)
      : await fromOperands(args, cluster)
  const dryRun = args.text("dry-run") === "server"
  let code = 0
  const gone: Array<Doomed & { readonly uid: string }> = []
  for (const one of doomed) {
    const uid = await deleteOne(cluster.api, one, body)
    if (uid !== undefined) {
      gone.push({ ...one, uid })
      print(program, describeDeleted(one, args))
    } else if (!args.flag("ignore-not-found")) {
      warn(
        program,
        `Error from server (NotFound): ${one.resource.plural} ${JSON.stringify(one.name)} not found\n`,
      )
      code = 1
    }
  }
  if (args.flag("wait") && !dryRun) await awaitGone(cluster.api, gone, { timeoutMs, signal: program.signal })
  if (doomed.length === 0) warn(program, "No resources found\n")
  return code
}

const describeDeleted = ({ resource, name }: Doomed, args: Arguments): string => {
  if (args.text("output") === "name") return `${singularName(resource)}/${name}\n`
  return `${singularName(resource)} ${JSON.stringify(name)} deleted${args.text("dry-run") === "server" ? " (server dry run)" : ""}\n`
}

const deleteOptions = (args: Arguments): JsonObject => {
  const grace = args.flag("now") ? 1 : args.number("grace-period")
  if (grace === 0 && !args.flag("force"))
    throw new CliFailure("Usage", "--grace-period=0 kills at once: it needs --force")
  const cascade = args.text("cascade") ?? "background"
  return {
    kind: "DeleteOptions",
    apiVersion: "v1",
    propagationPolicy: cascade.charAt(0).toUpperCase() + cascade.slice(1),
    ...(grace === undefined || grace < 0 ? {} : { gracePeriodSeconds: grace }),
    ...(args.text("dry-run") === "server" ? { dryRun: ["All"] } : {}),
  }
}

/** The uid of what was deleted; undefined when it was not there. */
const deleteOne = async (
  api: Api,
  { resource, namespace, name }: Doomed,
  body: JsonObject,
): Promise<string | undefined> => {
  try {
    const answer = await api.json({ method: "DELETE", path: objectPath(resource, namespace, name), body })
    return textAt(answer, "details", "uid") || textAt(answer, "metadata", "uid")
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined
    throw error
  }
}

/** What manifests name, the last first: what needs others goes before them. */
const fromFiles = async (
  args: Arguments,
  program: Program,
  cluster: Cluster,
): Promise<ReadonlyArray<Doomed>> => {
  const namespace = args.text("namespace")
  const filenames = args.list("filename")
  const documents = await readManifests({
    filenames,
    recursive: args.flag("recursive"),
    stdin: program.streams.stdin,
  })
  const planned = planDocuments(documents, { resources: await discover(cluster.api), namespace })
  return [...planned].reverse().flatMap(({ document: { object }, resource }) =>
    resource === undefined
      ? []
      : [
          {
            resource,
            namespace: resource.namespaced
              ? textAt(object, "metadata", "namespace") || (namespace ?? cluster.namespace)
              : "",
            name: textAt(object, "metadata", "name"),
          },
        ],
  )
}

const fromOperands = async (args: Arguments, cluster: Cluster): Promise<ReadonlyArray<Doomed>> => {
  const namespace = namespaceOf(args, cluster)
  const selecting =
    args.flag("all") || args.text("selector") !== undefined || args.text("field-selector") !== undefined
  const doomed: Doomed[] = []
  for (const { resource, name } of await withResources(cluster, (resources) =>
    parseTargets(resources, args.operands),
  )) {
    if (name !== undefined) {
      if (selecting) throw new CliFailure("Usage", "give names, or --all or a selector, not both")
      if (resource.namespaced && namespace === "")
        throw new CliFailure("Usage", "a name is in one namespace: -A goes without names")
      doomed.push({ resource, namespace: resource.namespaced ? namespace : "", name })
      continue
    }
    if (!selecting)
      throw new CliFailure("Usage", `which ${resource.plural}? Give names, a selector (-l), or --all`)
    const query = { labelSelector: args.text("selector"), fieldSelector: args.text("field-selector") }
    for (const object of await listObjects(cluster.api, resource, { namespace, query }))
      doomed.push({
        resource,
        namespace: textAt(object, "metadata", "namespace"),
        name: textAt(object, "metadata", "name"),
      })
  }
  return doomed
}
