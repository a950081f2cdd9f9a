/** The discovery documents: legacy (one a group version) and aggregated (everything in two). Source: KEP-3352. */
import { createHash } from "node:crypto"
import { apiVersionOf } from "../../schemas/index.ts"
import type { SubresourceCreates } from "../registry/subresource-create.ts"
import { byPreference, type Resource, type ResourceVersion } from "../resource.ts"
import { type SubresourceRow, subresourcesOf, verbsOf } from "./resources.ts"

export interface DiscoverySource {
  readonly resources: ReadonlyArray<Resource>
  /** Subresources that nodes answer, by `group/plural`. */
  readonly proxied: { readonly [id: string]: ReadonlyArray<string> }
  /** Subresources that a POST answers by itself. */
  readonly creates: SubresourceCreates
}

const createdOf = (source: DiscoverySource, resource: Resource): ReadonlyArray<SubresourceRow> =>
  Object.entries(source.creates).flatMap(([id, { kind }]) =>
    id.startsWith(`${resource.id}/`)
      ? [{ name: id.slice(resource.id.length + 1), responseKind: kind, verbs: ["create"] }]
      : [],
  )

const proxiedOf = (source: DiscoverySource, resource: Resource): ReadonlyArray<string> => {
  const id = resource.id.replace(/^\//, "")
  return Object.hasOwn(source.proxied, id) ? (source.proxied[id] ?? []) : []
}

interface Row {
  readonly resource: Resource
  readonly version: ResourceVersion
}

const allSubresources = (
  source: DiscoverySource,
  { resource, version }: Row,
): ReadonlyArray<SubresourceRow> => [
  ...subresourcesOf(resource, version, proxiedOf(source, resource)),
  ...createdOf(source, resource),
]

const rowsOf = (source: DiscoverySource, group: string, version: string): ReadonlyArray<Row> =>
  source.resources
    .flatMap((resource) => {
      const found = resource.group === group ? resource.versions.get(version) : undefined
      return found === undefined ? [] : [{ resource, version: found }]
    })
    .sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1))

/** Served versions of a group, most preferred first. */
export const versionsOf = (source: DiscoverySource, group: string): ReadonlyArray<string> => {
  const names = source.resources
    .filter((resource) => resource.group === group)
    .flatMap((resource) => [...resource.versions.keys()])
  return [...new Set(names)]
    .map((name) => ({ name }))
    .sort(byPreference)
    .map(({ name }) => name)
}

export const groupsOf = (source: DiscoverySource): ReadonlyArray<string> =>
  [...new Set(source.resources.map((resource) => resource.group))]
    .filter((group) => group !== "" && versionsOf(source, group).length > 0)
    .sort()

/** `/api` */
export const apiVersions = (): object => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [],
})

const groupBody = (source: DiscoverySource, name: string): object => {
  const versions = versionsOf(source, name).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }))
  return { name, versions, preferredVersion: versions[0] ?? { groupVersion: "", version: "" } }
}

/** `/apis/GROUP`; undefined when it has no served version. */
export const apiGroup = (source: DiscoverySource, name: string): object | undefined =>
  groupsOf(source).includes(name)
    ? { kind: "APIGroup", apiVersion: "v1", ...groupBody(source, name) }
    : undefined

/** `/apis` */
export const apiGroupList = (source: DiscoverySource): object => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupsOf(source).map((name) => groupBody(source, name)),
})

/** What changes when objects are stored in another version. Source: apiserver `endpoints/discovery` StorageVersionHash. */
const storageVersionHash = ({ stored: { group, storage, kind } }: Resource): string =>
  createHash("sha256").update(`${group}/${storage.name}/${kind}`).digest().subarray(0, 8).toString("base64")

const legacyResources = (source: DiscoverySource, { resource, version }: Row): ReadonlyArray<object> => {
  const { names } = resource.definition
  const { namespaced, kind } = resource
  const itself = {
    name: resource.plural,
    singularName: names.singular,
    namespaced,
    kind,
    verbs: verbsOf(resource),
    ...(names.shortNames === undefined || names.shortNames.length === 0
      ? {}
      : { shortNames: names.shortNames }),
    ...(names.categories === undefined || names.categories.length === 0
      ? {}
      : { categories: names.categories }),
    ...(resource.strategy.answer === undefined ? { storageVersionHash: storageVersionHash(resource) } : {}),
  }
  const parts = allSubresources(source, { resource, version }).map((row) => {
    const { responseKind } = row
    const foreign = responseKind.kind !== kind
    return {
      name: `${resource.plural}/${row.name}`,
      singularName: "",
      namespaced,
      ...(foreign ? { group: responseKind.group, version: responseKind.version } : {}),
      kind: responseKind.kind,
      verbs: row.verbs,
    }
  })
  return [itself, ...parts]
}

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined when nothing is served there. */
export const apiResourceList = (
  source: DiscoverySource,
  group: string,
  version: string,
): object | undefined => {
  const rows = rowsOf(source, group, version)
  if (rows.length === 0) return undefined
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf({ group, version }),
    resources: rows.flatMap((row) => legacyResources(source, row)),
  }
}

const aggregatedResource = (source: DiscoverySource, { resource, version }: Row): object => {
  const { names } = resource.definition
  const subresources = allSubresources(source, { resource, version }).map((row) => ({
    subresource: row.name,
    responseKind: row.responseKind,
    verbs: row.verbs,
  }))
  return {
    resource: resource.plural,
    responseKind: { group: resource.group, version: version.name, kind: resource.kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: names.singular,
    verbs: verbsOf(resource),
    ...(names.shortNames === undefined || names.shortNames.length === 0
      ? {}
      : { shortNames: names.shortNames }),
    ...(names.categories === undefined || names.categories.length === 0
      ? {}
      : { categories: names.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  }
}

/** `/api` and `/apis` as `APIGroupDiscoveryList`, whose versions are alike: the core group, or all named ones. */
export const aggregated = (
  source: DiscoverySource,
  which: "core" | "named",
  version: "v2" | "v2beta1",
): object => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: (which === "core" ? [""] : groupsOf(source)).map((group) => ({
    metadata: group === "" ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: versionsOf(source, group).map((served) => ({
      version: served,
      freshness: "Current",
      resources: rowsOf(source, group, served).map((row) => aggregatedResource(source, row)),
    })),
  })),
})
