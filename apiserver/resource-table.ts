/** Every resource that is served now. Changes at run time as CustomResourceDefinitions come and go. */
import type { Resource, ResourceVersion } from "./resource.ts"

export interface Served {
  readonly resource: Resource
  readonly version: ResourceVersion
}

/**
 * The resources of one group. Another object after each change of the group and the same until then, so what is derived
 * from it can be kept by it.
 */
export interface ResourceGroup {
  readonly name: string
  /** In the order in which they came. */
  readonly resources: ReadonlyArray<Resource>
}

export class ResourceTable {
  readonly #resources = new Map<string, Resource>()
  readonly #groups = new Map<string, ResourceGroup>()
  readonly #served = new Map<string, Served>()
  #generation = 0

  /** Counts changes: whatever is derived from the table is fresh while this is the same. */
  get generation(): number {
    return this.#generation
  }

  /** Adds a resource, or replaces the one of the same group and plural. */
  install(resource: Resource): void {
    this.#drop(resource.id)
    this.#resources.set(resource.id, resource)
    const { group: name } = resource
    this.#groups.set(name, { name, resources: [...this.#ofGroup(name), resource] })
    for (const version of resource.versions.values()) {
      this.#served.set(`${name}/${version.name}/${resource.plural}`, { resource, version })
    }
    this.#generation++
  }

  remove(id: string): void {
    this.#drop(id)
    this.#generation++
  }

  #drop(id: string): void {
    const old = this.#resources.get(id)
    if (old === undefined) return
    this.#resources.delete(id)
    const { group: name } = old
    const resources = this.#ofGroup(name).filter((other) => other !== old)
    if (resources.length > 0) this.#groups.set(name, { name, resources })
    else this.#groups.delete(name)
    for (const version of old.versions.keys()) this.#served.delete(`${name}/${version}/${old.plural}`)
  }

  #ofGroup(name: string): ReadonlyArray<Resource> {
    return this.#groups.get(name)?.resources ?? []
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(`${group}/${version}/${plural}`)
  }

  /** By `group/plural`. */
  get(id: string): Resource | undefined {
    return this.#resources.get(id)
  }

  all(): ReadonlyArray<Resource> {
    return [...this.#resources.values()]
  }

  /** Undefined where it has no resource. */
  group(name: string): ResourceGroup | undefined {
    return this.#groups.get(name)
  }

  /** By name. */
  groups(): ReadonlyArray<ResourceGroup> {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
