/** Who may do what: the seam, and the rule that holds until RBAC is asked. */
import type { UserInfo } from "./exchange.ts"
import type { RequestInfo } from "./request-info.ts"
import { parseFieldSelector } from "./selectors/index.ts"
import { failure, qualified, type StatusError } from "./status-error.ts"

/** A verb on a resource. Verbs are those of requests and such as `impersonate`, `escalate`, `bind`, `approve`, `sign`. */
export interface ResourceAccess {
  readonly type: "resource"
  readonly verb: string
  readonly group: string
  readonly version: string
  /** Plural. */
  readonly resource: string
  readonly subresource: string
  /** "" for cluster scope and for all namespaces. */
  readonly namespace: string
  /** "" for no one object. */
  readonly name: string
  /** Of a list, a watch or a deletecollection: what narrows it. */
  readonly fieldSelector?: string
}

/** A method, in lower case, on a path that is no resource. */
export interface PathAccess {
  readonly type: "path"
  readonly verb: string
  readonly path: string
}

export type AccessRequest = ResourceAccess | PathAccess

/** What is asked: whether a user may do something. */
export interface Attributes {
  readonly user: UserInfo
  readonly info: AccessRequest
}

/** The reason of a permission is for people who ask why; that of a refusal is shown to whoever was refused. */
export type Decision =
  | { readonly allowed: true; readonly reason?: string }
  | { readonly allowed: false; readonly reason: string }

/** What a user may do, as far as it can be listed. Source: authorization.k8s.io SubjectRulesReviewStatus. */
export interface Rules {
  readonly resourceRules: ReadonlyArray<{
    readonly verbs: ReadonlyArray<string>
    readonly apiGroups: ReadonlyArray<string>
    readonly resources: ReadonlyArray<string>
    readonly resourceNames?: ReadonlyArray<string>
  }>
  readonly nonResourceRules: ReadonlyArray<{
    readonly verbs: ReadonlyArray<string>
    readonly nonResourceURLs: ReadonlyArray<string>
  }>
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>
  /** Absent where rules cannot be listed. */
  rules?(user: UserInfo, namespace: string): Rules | Promise<Rules>
}

const allowed: Decision = { allowed: true }

/** Members of `system:masters` may everything. Source: privilegedGroups of the authorizer. */
export const isMaster = (user: UserInfo): boolean => user.groups.includes("system:masters")

const selectors: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"])

/** The one name that a field selector leaves; "" when there is none, or it cannot be read. */
const selectedName = (text: string): string => {
  if (!text.includes("metadata.name")) return ""
  try {
    const found = parseFieldSelector(text).find(
      ({ path, operator }) => path === "metadata.name" && operator === "=",
    )
    return found?.value ?? ""
  } catch {
    return ""
  }
}

/** What a request asks leave for: a list narrowed to one name is about that name. */
export const accessOf = (info: RequestInfo): AccessRequest => {
  if (info.type === "path" || info.name !== "" || !selectors.has(info.verb)) return info
  const fieldSelector = info.query.get("fieldSelector") ?? ""
  return fieldSelector === "" ? info : { ...info, name: selectedName(fieldSelector), fieldSelector }
}

const openPaths = ["/healthz", "/livez", "/readyz", "/version"]
const discoveryPaths = ["/api", "/apis", "/openapi", "/.well-known/openid-configuration", "/openid/v1/jwks"]

const under = (path: string, roots: ReadonlyArray<string>): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`))

/** Paths that answer without authentication. */
export const isOpenPath = (info: AccessRequest): boolean =>
  info.type === "path" && under(info.path, openPaths)

const selfReviews: ReadonlySet<string> = new Set([
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authentication.k8s.io/selfsubjectreviews",
])

const isSelfReview = (info: ResourceAccess): boolean =>
  info.verb === "create" && selfReviews.has(`${info.group}/${info.resource}`)

/** `system:masters` may everything; who is authenticated may look around and ask about itself; nobody else anything. */
export const defaultAuthorizer: Authorizer = {
  authorize: ({ user, info }) => {
    if (isMaster(user)) return allowed
    if (isOpenPath(info)) return allowed
    if (user.groups.includes("system:authenticated")) {
      if (info.type === "path" && info.verb === "get" && under(info.path, discoveryPaths)) return allowed
      if (info.type === "resource" && isSelfReview(info)) return allowed
    }
    return { allowed: false, reason: "" }
  },
  rules: ({ groups }) => {
    if (groups.includes("system:masters")) {
      return {
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
      }
    }
    const known = groups.includes("system:authenticated")
    const paths = known ? [...openPaths, ...discoveryPaths] : openPaths
    const resources = [...selfReviews].map((id) => id.slice(id.indexOf("/") + 1))
    const apiGroups = ["authentication.k8s.io", "authorization.k8s.io"]
    return {
      resourceRules: known ? [{ verbs: ["create"], apiGroups, resources }] : [],
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: paths.flatMap((path) => [path, `${path}/*`]) }],
    }
  },
}

const scope = (info: ResourceAccess): string =>
  info.namespace === "" ? " at the cluster scope" : ` in the namespace "${info.namespace}"`

/** What holds before any policy is asked: `system:masters` may everything, probes are open to all. */
export const privileged = (policy: Authorizer): Authorizer => ({
  authorize: (attributes) =>
    isMaster(attributes.user) || isOpenPath(attributes.info) ? allowed : policy.authorize(attributes),
  ...(policy.rules === undefined ? {} : { rules: policy.rules.bind(policy) }),
})

/** The 403. Source: NewForbidden and authorizer's forbiddenMessage. */
export const refusal = ({ user, info }: Attributes, reason: string): StatusError => {
  const tail = reason === "" ? "" : `: ${reason}`
  if (info.type === "path") {
    const text = `forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} path ${JSON.stringify(info.path)}${tail}`
    return failure("Forbidden", text, { details: {} })
  }
  const resource = info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`
  const named = `${qualified(info.resource, info.group)}${info.name === "" ? "" : ` ${JSON.stringify(info.name)}`}`
  const text =
    `${named} is forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} resource ` +
    `${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)}${scope(info)}${tail}`
  return failure("Forbidden", text, {
    details: {
      ...(info.name === "" ? {} : { name: info.name }),
      ...(info.group === "" ? {} : { group: info.group }),
      kind: info.resource,
    },
  })
}
