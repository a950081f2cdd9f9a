/**
 * Acting as another user, by Impersonate headers. Each part of the other identity is leave asked for on its own.
 * Source: apiserver filters/impersonation.
 */
import { type Authorizer, type ResourceAccess, refusal } from "./authorizer.ts"
import type { ApiRequest, UserInfo } from "./exchange.ts"
import { limits } from "./limits.ts"
import { badRequest, failure } from "./status-error.ts"

const extraPrefix = "impersonate-extra-"
const authenticationGroup = "authentication.k8s.io"

const listOf = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")

const decodeKey = (key: string): string => {
  let decoded: string
  try {
    decoded = decodeURIComponent(key)
  } catch (cause) {
    throw badRequest(`the header ${extraPrefix}${key} is not URL-encoded UTF-8`, cause)
  }
  if (decoded === "__proto__") throw badRequest('the key "__proto__" is not accepted')
  return decoded
}

const extraOf = (headers: ApiRequest["headers"]): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  Object.keys(headers)
    .filter((name) => name.startsWith(extraPrefix))
    .map((name) => [decodeKey(name.slice(extraPrefix.length)), listOf(headers[name])])

const ask = (resource: string, name: string, more: Partial<ResourceAccess> = {}): ResourceAccess => ({
  type: "resource",
  verb: "impersonate",
  group: "",
  version: "v1",
  resource,
  subresource: "",
  namespace: "",
  name,
  ...more,
})

const serviceAccountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/

/** The groups that come with a name of their own. */
const impliedGroups = (name: string, given: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (name === "system:anonymous") return ["system:unauthenticated"]
  const account = given.length === 0 ? serviceAccountPattern.exec(name) : null
  if (account === null) return ["system:authenticated"]
  return ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`, "system:authenticated"]
}

const needed = (wanted: Required<UserInfo>): ReadonlyArray<ResourceAccess> => {
  const account = serviceAccountPattern.exec(wanted.name)
  const [, namespace = "", accountName = ""] = account ?? []
  const group = authenticationGroup
  return [
    account === null ? ask("users", wanted.name) : ask("serviceaccounts", accountName, { namespace }),
    ...wanted.groups.map((name) => ask("groups", name)),
    ...(wanted.uid === "" ? [] : [ask("uids", wanted.uid, { group })]),
    ...Object.entries(wanted.extra).flatMap(([subresource, values]) =>
      values.map((value) => ask("userextras", value, { group, subresource })),
    ),
  ]
}

/** The user that the request acts as. Fails with `Forbidden`, `BadRequest`. */
export const effectiveUser = async (
  { user, headers }: ApiRequest,
  authorizer: Authorizer,
): Promise<UserInfo> => {
  const name = headers["impersonate-user"] ?? ""
  const groups = listOf(headers["impersonate-group"])
  const uid = headers["impersonate-uid"] ?? ""
  const extra = extraOf(headers)
  if (name === "" && groups.length === 0 && uid === "" && extra.length === 0) return user
  if (name === "") throw failure("BadRequest", "requested impersonation without specifying a user")
  if (user.name === "system:anonymous") throw failure("Unauthorized", "Unauthorized")
  const wanted = { name, groups, uid, extra: Object.fromEntries(extra) }
  const asked = needed(wanted)
  if (asked.length > limits.impersonatedPartsMax) {
    throw badRequest(`at most ${limits.impersonatedPartsMax} parts of an identity can be impersonated`)
  }
  for (const info of asked) {
    const decision = await authorizer.authorize({ user, info })
    if (!decision.allowed) throw refusal({ user, info }, decision.reason)
  }
  return {
    name,
    groups: [...new Set([...groups, ...impliedGroups(name, groups)])],
    ...(uid === "" ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: wanted.extra }),
  }
}
