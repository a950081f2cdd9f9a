/** Every resource that is served now. Changes at run time as CustomResourceDefinitions come and go. */
import type { Resource, ResourceVersion } from "./resource.ts"

export interface Served {
  readonly resource: Resource
  readonly version: ResourceVersion
}

export class ResourceTable {
  readonly #resources = new Map<string, Resource>()
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
    for (const version of resource.versions.values()) {
      this.#served.set(`${resource.group}/${version.name}/${resource.plural}`, { resource, version })
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
    for (const name of old.versions.keys()) this.#served.delete(`${old.group}/${name}/${old.plural}`)
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

  hasVersion(group: string, version: string): boolean {
    return this.all().some((resource) => resource.group === group && resource.versions.has(version))
  }
}
