/** Who may do what: the seam, and the rule that holds until RBAC is asked. */
import type { UserInfo } from "./exchange.ts"
import type { PathRequestInfo, ResourceRequestInfo } from "./request-info.ts"
import { failure, qualified, type StatusError } from "./status-error.ts"

/** A request, made or thought of: reviews ask about any verb. */
export type Asked = PathRequestInfo | (Omit<ResourceRequestInfo, "verb"> & { readonly verb: string })

/** What is asked: a resource request, or a path. */
export interface Attributes {
  readonly user: UserInfo
  readonly info: Asked
}

/** What a user may do, as far as it can be listed. Source: authorization.k8s.io SubjectRulesReviewStatus. */
export interface Rules {
  readonly resourceRules: ReadonlyArray<{
    readonly verbs: ReadonlyArray<string>
    readonly apiGroups: ReadonlyArray<string>
    readonly resources: ReadonlyArray<string>
  }>
  readonly nonResourceRules: ReadonlyArray<{
    readonly verbs: ReadonlyArray<string>
    readonly nonResourceURLs: ReadonlyArray<string>
  }>
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>
  /** Absent where rules cannot be listed. */
  rules?(user: UserInfo, namespace: string): Rules | Promise<Rules>
}

const allowed: Decision = { allowed: true }

const openPaths = ["/healthz", "/livez", "/readyz", "/version"]
const discoveryPaths = ["/api", "/apis", "/openapi", "/.well-known/openid-configuration", "/openid/v1/jwks"]

const under = (path: string, roots: ReadonlyArray<string>): boolean =>
  roots.some((root) => path === root || path.startsWith(`${root}/`))

/** Paths that answer without authentication. */
export const isOpenPath = (info: Asked): boolean => info.type === "path" && under(info.path, openPaths)

const selfReviews: ReadonlySet<string> = new Set([
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authentication.k8s.io/selfsubjectreviews",
])

const isSelfReview = (info: Exclude<Asked, PathRequestInfo>): boolean =>
  info.verb === "create" && selfReviews.has(`${info.group}/${info.resource}`)

/** `system:masters` may everything; who is authenticated may look around and ask about itself; nobody else anything. */
export const defaultAuthorizer: Authorizer = {
  authorize: ({ user, info }) => {
    if (user.groups.includes("system:masters")) return allowed
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

const scope = (info: Exclude<Asked, PathRequestInfo>): string =>
  info.namespace === "" ? " at the cluster scope" : ` in the namespace "${info.namespace}"`

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
