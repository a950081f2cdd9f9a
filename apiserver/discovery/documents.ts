/**
 * The discovery documents: legacy (one a group version) and aggregated (everything in two). Source: KEP-3352.
 * They are put together of texts that each group has for itself, made once after each of its changes.
 */
import { createHash } from "node:crypto"
import { apiVersionOf } from "../../schemas/index.ts"
import type { SubresourceCreates } from "../registry/subresource-create.ts"
import { byPreference, type Resource, type ResourceVersion } from "../resource.ts"
import type { ResourceGroup } from "../resource-table.ts"
import { type SubresourceRow, subresourcesOf, verbsOf } from "./resources.ts"

export interface DiscoverySource {
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

const rowsOf = ({ resources }: ResourceGroup, version: string): ReadonlyArray<Row> =>
  resources
    .flatMap((resource) => {
      const found = resource.versions.get(version)
      return found === undefined ? [] : [{ resource, version: found }]
    })
    .sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1))

/** Served versions of a group, most preferred first. */
const versionsOf = ({ resources }: ResourceGroup): ReadonlyArray<string> => {
  const names = resources.flatMap((resource) => [...resource.versions.keys()])
  return [...new Set(names)]
    .map((name) => ({ name }))
    .sort(byPreference)
    .map(({ name }) => name)
}

/** `/api` */
export const apiVersions = (): object => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [],
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

/** What one group has in the documents, in JSON; each part is made when it is first asked for. */
export class GroupTexts {
  readonly #group: ResourceGroup
  readonly #source: DiscoverySource
  readonly versions: ReadonlyArray<string>
  readonly #lists = new Map<string, string>()
  #aggregated: string | undefined

  constructor(group: ResourceGroup, source: DiscoverySource) {
    this.#group = group
    this.#source = source
    this.versions = versionsOf(group)
  }

  /** An item of `/apis`. */
  item(): object {
    const { name } = this.#group
    const versions = this.versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
    return { name, versions, preferredVersion: versions[0] ?? { groupVersion: "", version: "" } }
  }

  /** `/api/v1`, `/apis/GROUP/VERSION`; undefined when the version is not served. */
  list(version: string): string | undefined {
    if (!this.versions.includes(version)) return undefined
    const known = this.#lists.get(version)
    if (known !== undefined) return known
    const made = JSON.stringify({
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: apiVersionOf({ group: this.#group.name, version }),
      resources: rowsOf(this.#group, version).flatMap((row) => legacyResources(this.#source, row)),
    })
    this.#lists.set(version, made)
    return made
  }

  /** An item of the aggregated documents. */
  aggregated(): string {
    const { name } = this.#group
    this.#aggregated ??= JSON.stringify({
      metadata: name === "" ? { creationTimestamp: null } : { name, creationTimestamp: null },
      versions: this.versions.map((version) => ({
        version,
        freshness: "Current",
        resources: rowsOf(this.#group, version).map((row) => aggregatedResource(this.#source, row)),
      })),
    })
    return this.#aggregated
  }
}

/** `/apis/GROUP` */
export const apiGroup = (group: GroupTexts): string =>
  JSON.stringify({ kind: "APIGroup", apiVersion: "v1", ...group.item() })

/** `/apis` */
export const apiGroupList = (groups: ReadonlyArray<GroupTexts>): string =>
  JSON.stringify({ kind: "APIGroupList", apiVersion: "v1", groups: groups.map((group) => group.item()) })

/** `/api` and `/apis` as `APIGroupDiscoveryList`, whose versions are alike: the core group, or all named ones. */
export const aggregatedList = (groups: ReadonlyArray<GroupTexts>, version: "v2" | "v2beta1"): string => {
  const head = { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {} }
  const items = groups.map((group) => group.aggregated()).join(",")
  return `${JSON.stringify(head).slice(0, -1)},"items":[${items}]}`
}
