/** `mctl get`: the server's tables, or objects as `-o` asks; once, or with each change. */
import type { JsonObject } from "../../schemas/index.ts"
import type { Run } from "../command.ts"
import { withResources } from "../discovery-cache.ts"
import { CliFailure, isReason } from "../failure.ts"
import { listAll, listObjects } from "../list-pages.ts"
import { parseFormat } from "../output/format.ts"
import { compilePath } from "../output/json-path.ts"
import { type Order, sortObjects, sortRows } from "../output/sort-rows.ts"
import { tableAccept } from "../output/table.ts"
import { objectPath, withQuery } from "../path.ts"
import { namespaceOf, print, warn } from "../program.ts"
import { parseTargets, type Target } from "../resource-name.ts"
import { type GetRequest, tablePrinter } from "./get-request.ts"

export const runGet: Run = async (args, program) => {
  const format = parseFormat(args.text("output"), {
    headers: !args.flag("no-headers"),
    managedFields: args.flag("show-managed-fields"),
  })
  const sort = args.text("sort-by")
  const order = sort === undefined ? undefined : compilePath(sort)
  const cluster = await program.connect(args)
  const request: GetRequest = {
    api: cluster.api,
    args,
    program,
    namespace: namespaceOf(args, cluster),
    query: { labelSelector: args.text("selector"), fieldSelector: args.text("field-selector") },
    targets: await withResources(cluster, (resources) => parseTargets(resources, args.operands)),
  }
  if (
    request.namespace === "" &&
    request.targets.some(({ resource, name }) => resource.namespaced && name !== undefined)
  )
    throw new CliFailure("Usage", "a name is in one namespace: -A goes without names")
  if (args.flag("watch")) return (await import("./get-watch.ts")).watchTargets(request, format)
  return format.type === "table"
    ? printTables(request, { wide: format.wide, order })
    : printObjects(request, { print: format.print, order })
}

/** One table for each resource; names asked for one by one share theirs. */
const printTables = async (
  request: GetRequest,
  { wide, order }: { readonly wide: boolean; readonly order: Order | undefined },
): Promise<number> => {
  const { program, namespace, targets } = request
  let code = 0
  let printed = 0
  for (const resource of new Set(targets.map((target) => target.resource))) {
    const printer = tablePrinter(request, resource, wide)
    for (const target of targets.filter((one) => one.resource === resource)) {
      const table = await tolerant(request, () => readTable(request, target, order))
      if (table === undefined) code = notFoundCode(request)
      else {
        const first = !printer.headed
        const text = printer.format(order === undefined ? table : sortRows(table, order))
        if (text === "") continue
        print(program, first && printed > 0 ? `\n${text}` : text)
        printed++
      }
    }
  }
  const everywhere = namespace === "" || targets.every(({ resource }) => !resource.namespaced)
  const where = everywhere ? "No resources found" : `No resources found in ${namespace} namespace.`
  if (printed === 0 && targets.some(({ name }) => name === undefined)) warn(program, `${where}\n`)
  return code
}

const notFoundCode = ({ args }: GetRequest): number => (args.flag("ignore-not-found") ? 0 : 1)

const readTable = async (
  { api, namespace, query }: GetRequest,
  { resource, name }: Target,
  order: Order | undefined,
): Promise<JsonObject> => {
  const includeObject = order === undefined ? undefined : "Object"
  if (name !== undefined) {
    const path = withQuery(objectPath(resource, namespace, name), { includeObject })
    return api.json({ path, accept: tableAccept })
  }
  const pages: JsonObject[] = []
  const list = { namespace, query: { ...query, includeObject }, accept: tableAccept }
  for await (const page of listAll(api, resource, list)) pages.push(page)
  return { ...pages[0], rows: pages.flatMap((page) => (Array.isArray(page.rows) ? page.rows : [])) }
}

/** Undefined after NotFound, which is told unless it was to be ignored. */
const tolerant = async <A>({ program, args }: GetRequest, act: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await act()
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error
    if (!args.flag("ignore-not-found")) warn(program, `Error from server (NotFound): ${error.message}\n`)
    return undefined
  }
}

const printObjects = async (
  request: GetRequest,
  {
    print: format,
    order,
  }: { readonly print: (document: JsonObject) => Promise<string>; readonly order: Order | undefined },
): Promise<number> => {
  const { api, namespace, query, targets, program } = request
  const items: JsonObject[] = []
  let code = 0
  for (const { resource, name } of targets) {
    if (name === undefined) {
      items.push(...(await listObjects(api, resource, { namespace, query })))
      continue
    }
    const path = objectPath(resource, namespace, name)
    const found = await tolerant(request, () => api.json({ path }))
    if (found === undefined) code = notFoundCode(request)
    else items.push(found)
  }
  const single = targets.length === 1 && targets[0]?.name !== undefined
  const [only] = items
  if (single && only === undefined) return code
  const sorted = order === undefined ? items : sortObjects(items, order)
  const list = { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: sorted }
  print(program, await format(single && only !== undefined ? only : list))
  return code
}
