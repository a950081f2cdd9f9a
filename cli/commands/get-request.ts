/** What `get` and `get -w` share: the request, and how its tables are printed. */
import type { Api } from "../api.ts"
import type { Arguments } from "../arguments.ts"
import type { Resource } from "../discovery.ts"
import type { Query } from "../list-pages.ts"
import { TablePrinter } from "../output/table.ts"
import { colours, type Program } from "../program.ts"
import type { Target } from "../resource-name.ts"

export interface GetRequest {
  readonly api: Api
  readonly args: Arguments
  readonly program: Program
  /** "" for all. */
  readonly namespace: string
  readonly query: Query
  readonly targets: ReadonlyArray<Target>
}

/** The printer of a resource's table, as the options ask. */
export const tablePrinter = (
  { args, namespace, program, targets }: GetRequest,
  resource: Resource,
  wide: boolean,
) =>
  new TablePrinter(resource, {
    wide,
    headers: !args.flag("no-headers"),
    labels: args.flag("show-labels"),
    namespaces: namespace === "" && resource.namespaced,
    kinds: targets.some((target) => target.resource !== resource),
    colour: colours(program),
  })
