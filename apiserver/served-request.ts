/** What is known of a request by the resources that are served: for its errors and its metrics. */
import type { RequestInfo } from "./request-info.ts"
import type { ResourceTable } from "./resource-table.ts"
import type { Subject } from "./status-error.ts"

const countedMethods: ReadonlySet<string> = new Set([
  "get",
  "head",
  "post",
  "put",
  "patch",
  "delete",
  "options",
])
const countedSubresources: ReadonlySet<string> = new Set([
  "",
  "status",
  "scale",
  "finalize",
  "approval",
  "token",
  "log",
  "exec",
  "attach",
  "portforward",
])

/** Whether a request has a row of its own among the metrics. */
export const isCounted = (info: RequestInfo, resources: ResourceTable): boolean =>
  info.type === "path"
    ? countedMethods.has(info.verb)
    : countedSubresources.has(info.subresource) &&
      resources.find(info.group, info.version, info.resource) !== undefined

/** What errors of a request speak of. */
export const subjectOf = (info: RequestInfo, resources: ResourceTable): Subject => {
  if (info.type === "path") return { group: "", plural: "", kind: "" }
  const { group, version, resource, name } = info
  const served = resources.find(group, version, resource)
  return served === undefined ? { group, plural: resource, kind: "", name } : served.resource.subject(name)
}
