/** A resource as it is served: its definition, its versions with their schemas, its strategy, its place in the store. */
import type { ResourceDefinition, ResourceVersionDefinition } from "../schemas/index.ts"
import { apiVersionOf } from "../schemas/index.ts"
import { compileRules } from "./cel/index.ts"
import type { Converter } from "./converter.ts"
import type { CompiledSchema, MutableObject } from "./machinery.ts"
import { fieldText, valueAt } from "./registry/object-meta.ts"
import { compileSchema } from "./schema/index.ts"
import type { Subject } from "./status-error.ts"
import type { Strategy } from "./strategy.ts"

/** The root of everything that is stored. */
export const storagePrefix = "/registry/"

/** One version of a resource. Its schema is compiled on first use and dropped with it. */
export class ResourceVersion {
  readonly name: string
  readonly apiVersion: string
  readonly definition: ResourceVersionDefinition
  #schema: CompiledSchema | undefined

  constructor(group: string, definition: ResourceVersionDefinition) {
    this.name = definition.name
    this.apiVersion = apiVersionOf({ group, version: definition.name })
    this.definition = definition
  }

  get schema(): CompiledSchema {
    this.#schema ??= compileSchema(this.definition.schema.openAPIV3Schema, { rules: compileRules })
    return this.#schema
  }

  get hasStatus(): boolean {
    return this.definition.subresources?.status !== undefined
  }
}

/** Where definitions come from: the program itself, or a CustomResourceDefinition object. */
export type Origin = "builtin" | "custom"

/**
 * What makes a resource another one under other names: nothing is stored for it, its objects are views.
 *
 * Guarantees: a view has the uid and the resourceVersion of what it is a view of, so lists, watches and preconditions of
 * either mean the same moments.
 */
export interface Facade {
  /** The resource that is stored. */
  readonly of: Resource
  /** A stored object, which it may change, as the facade shows it. Total. */
  readonly view: (stored: MutableObject) => MutableObject
  /** Cells of a Table that no jsonPath gives, by the index of their column behind Name. `now` is in epoch milliseconds. */
  readonly cells: (view: MutableObject, now: number) => { readonly [column: number]: string }
}

export class Resource {
  readonly group: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  readonly origin: Origin
  readonly definition: ResourceDefinition
  readonly strategy: Strategy
  /** Served versions by name, most preferred first. */
  readonly versions: ReadonlyMap<string, ResourceVersion>
  readonly storage: ResourceVersion
  /** Every version by its apiVersion, served or not. */
  readonly declared: ReadonlyMap<string, ResourceVersion>
  /** Absent where versions differ in apiVersion only. */
  readonly converter: Converter | undefined
  /** Set where its objects are views of another resource's. */
  readonly facade: Facade | undefined
  /** `/registry/<group>/<plural>/` */
  readonly prefix: string
  /** What field selectors may name besides metadata.name and metadata.namespace. */
  readonly selectableFields: ReadonlyArray<SelectableField>
  /** Its definition is being deleted: nothing new may be created. */
  readonly terminating: boolean

  constructor(
    definition: ResourceDefinition,
    more: {
      readonly origin: Origin
      readonly strategy: Strategy
      readonly terminating?: boolean
      readonly converter?: Converter
      readonly facade?: Facade
    },
  ) {
    this.definition = definition
    this.group = definition.group
    this.plural = definition.names.plural
    this.kind = definition.names.kind
    this.namespaced = definition.scope === "Namespaced"
    this.origin = more.origin
    this.strategy = more.strategy
    this.terminating = more.terminating ?? false
    this.facade = more.facade
    const versions = definition.versions.map((version) => new ResourceVersion(definition.group, version))
    const storage = versions.find((version) => version.definition.storage) ?? versions[0]
    if (storage === undefined) throw new Error(`${this.plural}.${this.group} has no version`)
    this.storage = storage
    this.declared = new Map(versions.map((version) => [version.apiVersion, version]))
    this.converter = more.converter
    const served = versions.filter((version) => version.definition.served)
    this.versions = new Map(served.sort(byPreference).map((version) => [version.name, version]))
    this.prefix =
      more.facade?.of.prefix ?? `${storagePrefix}${this.group === "" ? "core" : this.group}/${this.plural}/`
    this.selectableFields = selectableFieldsOf(definition, more.strategy)
  }

  get id(): string {
    return `${this.group}/${this.plural}`
  }

  /** The resource that is stored: itself, unless it is a facade. */
  get stored(): Resource {
    return this.facade?.of ?? this
  }

  key(namespace: string, name: string): string {
    return this.namespaced ? `${this.prefix}${namespace}/${name}` : `${this.prefix}${name}`
  }

  subject(name?: string): Subject {
    const { group, plural, kind } = this
    return name === undefined ? { group, plural, kind } : { group, plural, kind, name }
  }
}

export interface SelectableField {
  readonly path: string
  readonly read: (object: MutableObject) => string
}

const selectableFieldsOf = (
  definition: ResourceDefinition,
  { selectable = {} }: Strategy,
): ReadonlyArray<SelectableField> => {
  const declared = selectablePaths(definition).map((path) => {
    const keys = path.split(".")
    return { path, read: (object: MutableObject) => fieldText(valueAt(object, keys)) }
  })
  return [...declared, ...Object.entries(selectable).map(([path, read]) => ({ path, read }))]
}

const selectablePaths = (definition: ResourceDefinition): ReadonlyArray<string> => {
  const paths = definition.versions.flatMap((version) => version.selectableFields ?? [])
  return [...new Set(paths.map((field) => field.jsonPath.replace(/^\./, "")))]
}

const versionPattern = /^v(\d+)(?:(alpha|beta)(\d+))?$/

/** GA before beta before alpha, newer before older, anything else last by name. Source: `util/version` CompareKubeAwareVersionStrings. */
export const byPreference = (a: { readonly name: string }, b: { readonly name: string }): number => {
  const left = versionPattern.exec(a.name)
  const right = versionPattern.exec(b.name)
  if (left === null || right === null) {
    if (left === null && right === null) return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
    return left === null ? 1 : -1
  }
  const level = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0)
  return (
    level(right) - level(left) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  )
}
