/** What the server serves, by aggregated discovery (KEP-3352), or document by document where a server has only that. */
import type { Json, JsonObject } from "../schemas/index.ts"
import type { Api } from "./api.ts"
import { arrayAt, isObject, textAt, valueAt } from "./json.ts"

export interface Resource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  readonly verbs: ReadonlyArray<string>
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

/** All resources, the preferred version of a group first; subresources are left out. */
export const discover = async (api: Api): Promise<ReadonlyArray<Resource>> => {
  const [core, groups] = await Promise.all([
    api.json({ path: "/api", accept: aggregated }),
    api.json({ path: "/apis", accept: aggregated }),
  ])
  return [...(await resourcesOf(api, core)), ...(await resourcesOf(api, groups))]
}

const resourcesOf = async (api: Api, document: JsonObject): Promise<ReadonlyArray<Resource>> => {
  if (document.kind === "APIGroupDiscoveryList") return arrayAt(document, "items").flatMap(groupResources)
  const versions =
    document.kind === "APIVersions"
      ? strings(document.versions).map((version) => ({ group: "", version }))
      : arrayAt(document, "groups").flatMap((group) =>
          arrayAt(group, "versions").map((version) => ({
            group: textAt(group, "name"),
            version: textAt(version, "version"),
          })),
        )
  const lists = await Promise.all(
    versions.map(({ group, version }) =>
      api.json({ path: group === "" ? `/api/${version}` : `/apis/${group}/${version}` }),
    ),
  )
  return lists.flatMap((list, index) => {
    const { group = "", version = "" } = versions[index] ?? {}
    return arrayAt(list, "resources").flatMap((resource) => legacyResource(resource, { group, version }))
  })
}

const groupResources = (item: Json): ReadonlyArray<Resource> =>
  arrayAt(item, "versions").flatMap((version) =>
    arrayAt(version, "resources").map((resource) => ({
      group: textAt(item, "metadata", "name"),
      version: textAt(version, "version"),
      kind: textAt(resource, "responseKind", "kind"),
      plural: textAt(resource, "resource"),
      singular: textAt(resource, "singularResource"),
      namespaced: textAt(resource, "scope") === "Namespaced",
      shortNames: strings(valueAt(resource, "shortNames")),
      categories: strings(valueAt(resource, "categories")),
      verbs: strings(valueAt(resource, "verbs")),
    })),
  )

const legacyResource = (
  resource: Json,
  { group, version }: { readonly group: string; readonly version: string },
): ReadonlyArray<Resource> => {
  const plural = textAt(resource, "name")
  if (!isObject(resource) || plural.includes("/")) return []
  return [
    {
      group,
      version,
      kind: textAt(resource, "kind"),
      plural,
      singular: textAt(resource, "singularName"),
      namespaced: resource.namespaced === true,
      shortNames: strings(resource.shortNames),
      categories: strings(resource.categories),
      verbs: strings(resource.verbs),
    },
  ]
}

const strings = (value: Json | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : []

export const apiVersionOf = ({ group, version }: Pick<Resource, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`

/** `sandbox.compute.miren.dev`: how one object of the resource is called, before its name. */
export const singularName = ({ kind, group }: Resource): string =>
  group === "" ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`
