/** The parameters that a binding names for a request. Source: policy/generic CollectParams. */
import type { Json } from "../../schemas/index.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { bytesIn, type CachedObject } from "../watch-cache/cached-object.ts"
import { ensureViews } from "../watch-cache/conversion.ts"
import { limits } from "./limits.ts"
import type { Binding, ParamKind, Policy } from "./policy.ts"

/** The parameters, each to be evaluated by itself, or why they are none. Nothing at all: the binding does not apply. */
export type Params =
  | { readonly ok: true; readonly params: ReadonlyArray<Json> }
  | { readonly ok: false; readonly owner: "policy" | "binding"; readonly error: string }

const without: Params = { ok: true, params: [null] }

const wrong = (error: string): Params => ({ ok: false, owner: "binding", error })

/** The kind that is served under an apiVersion. */
export const findKind = (
  { resources }: Pick<RegistryContext, "resources">,
  { apiVersion, kind }: ParamKind,
): { readonly resource: Resource; readonly version: ResourceVersion } | undefined => {
  for (const resource of resources.all()) {
    if (resource.kind !== kind) continue
    const version = resource.declared.get(apiVersion)
    if (version !== undefined && resource.versions.has(version.name)) return { resource, version }
  }
  return undefined
}

const selected = (
  context: RegistryContext,
  resource: Resource,
  { paramRef }: Binding,
  namespace: string,
): ReadonlyArray<CachedObject> => {
  const cache = context.cache.find(resource)
  if (cache === undefined || paramRef === undefined) return []
  if (paramRef.name !== "") {
    const found = cache.get(resource.key(namespace, paramRef.name))
    return found === undefined ? [] : [found]
  }
  const { selector } = paramRef
  const selection = {
    namespace,
    name: "",
    selective: true,
    id: "",
    matches: (object: CachedObject) => selector === undefined || selector(object.labels),
    converted: undefined,
  }
  const found: CachedObject[] = []
  for (const object of cache.select(selection)) {
    if (found.length >= limits.paramsMax) break
    found.push(object)
  }
  return found
}

/** Where namespaced parameters are; an error in place of the namespace where that cannot be said. */
const namespaceOf = (
  resource: Resource,
  { paramRef }: Binding,
  requestNamespace: string,
): { readonly namespace: string } | { readonly error: string } => {
  const given = paramRef?.namespace ?? ""
  if (!resource.namespaced) {
    return given === ""
      ? { namespace: "" }
      : { error: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`" }
  }
  const namespace = given === "" ? requestNamespace : given
  return namespace === ""
    ? { error: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources" }
    : { namespace }
}

export const paramsOf = async (
  context: RegistryContext,
  { policy, binding }: { readonly policy: Policy; readonly binding: Binding },
  requestNamespace: string,
): Promise<Params> => {
  const { paramKind } = policy
  const { paramRef } = binding
  if (paramKind === undefined) return without
  const kind = findKind(context, paramKind)
  if (kind === undefined) {
    const text = `${paramKind.apiVersion}, Kind=${paramKind.kind}`
    const error = `failed to find resource referenced by paramKind: '${text}'`
    return { ok: false, owner: "policy", error }
  }
  if (paramRef === undefined) return without
  const { resource, version } = kind
  const place = namespaceOf(resource, binding, requestNamespace)
  if ("error" in place) return wrong(place.error)
  const found = selected(context, resource, binding, place.namespace)
  if (found.length === 0) {
    return paramRef.denies
      ? wrong("no params found for policy binding with `Deny` parameterNotFoundAction")
      : { ok: true, params: [] }
  }
  await ensureViews(found, version, resource)
  return { ok: true, params: found.map((object) => decodeDocument(bytesIn(object, version, resource))) }
}
