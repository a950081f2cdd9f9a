/** Acting as another user, by Impersonate headers. Source: apiserver filters/impersonation. */
import type { ApiRequest, UserInfo } from "./exchange.ts"
import { failure, type StatusError } from "./status-error.ts"

const refused = (user: UserInfo, resource: string, name: string): StatusError => {
  const text =
    `${resource} ${JSON.stringify(name)} is forbidden: User ${JSON.stringify(user.name)} cannot impersonate resource ` +
    `${JSON.stringify(resource)} in API group "" at the cluster scope`
  return failure("Forbidden", text, { details: { name, kind: resource } })
}

/** The user that the request acts as. Only `system:masters` may act as others. Fails with `Forbidden`, `BadRequest`. */
export const effectiveUser = ({ user, headers }: ApiRequest): UserInfo => {
  const name = headers["impersonate-user"] ?? ""
  const groups = (headers["impersonate-group"] ?? "")
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "")
  const uid = headers["impersonate-uid"] ?? ""
  if (name === "" && groups.length === 0 && uid === "") return user
  if (name === "") throw failure("BadRequest", "requested impersonation without specifying a user")
  if (!user.groups.includes("system:masters")) throw refused(user, "users", name)
  const anonymous = name === "system:anonymous"
  const all = new Set([...groups, anonymous ? "system:unauthenticated" : "system:authenticated"])
  return { name, groups: [...all], ...(uid === "" ? {} : { uid }) }
}
