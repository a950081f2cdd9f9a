/** A request as admission sees it: what it is about, and the object before and after, in any version that is asked for. */
import { clone } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import type { AdmissionRequest, RegistryContext, Target } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { labelsOf, metadataOf, stringOf } from "../registry/object-meta.ts"
import { scaleOf, setReplicas } from "../registry/scale.ts"
import { convertObject } from "../watch-cache/conversion.ts"
import type { Matched } from "./constraint.ts"

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
}

/** The objects of a request in one version. */
export interface VersionedObjects {
  readonly kind: GroupVersionKind
  readonly resource: GroupVersionResource
  /** Undefined on DELETE; not to be changed. */
  readonly object: MutableObject | undefined
  readonly oldObject: MutableObject | undefined
}

type Labels = { readonly [key: string]: string }

const noLabels: Labels = {}

export class Attributes implements Matched {
  readonly request: AdmissionRequest
  readonly #context: RegistryContext
  readonly #views = new Map<string, VersionedObjects>()

  constructor(context: RegistryContext, request: AdmissionRequest) {
    this.#context = context
    this.request = request
  }

  /** "" of an object whose name is generated later. */
  get name(): string {
    const { target, object } = this.request
    return target.name === "" && object !== undefined ? stringOf(metadataOf(object), "name") : target.name
  }

  /** A Namespace counts as inside itself. */
  get namespace(): string {
    const { target } = this.request
    return target.resource.id === "/namespaces" ? this.name : target.namespace
  }

  kindIn(version: string): GroupVersionKind {
    const { resource, subresource } = this.request.target
    if (this.request.kind !== undefined) return this.request.kind
    if (subresource === "scale") return { group: "autoscaling", version: "v1", kind: "Scale" }
    const { object, operation } = this.request
    if (operation === "CONNECT" && object !== undefined)
      return { group: "", version: "v1", kind: stringOf(object, "kind") }
    return { group: resource.group, version, kind: resource.kind }
  }

  resourceIn(version: string): GroupVersionResource {
    const { group, plural } = this.request.target.resource
    return { group, version, resource: plural }
  }

  /** The objects in a version. Rejects when they cannot be converted. */
  async in(version: string): Promise<VersionedObjects> {
    const known = this.#views.get(version)
    if (known !== undefined) return known
    const { object, old } = this.request
    const made: VersionedObjects = {
      kind: this.kindIn(version),
      resource: this.resourceIn(version),
      object: object === undefined ? undefined : await this.#shown(this.#stamped(object), version),
      oldObject: old === undefined ? undefined : await this.#shown(old, version),
    }
    this.#views.set(version, made)
    return made
  }

  /** An update shows the resourceVersion that it is made on. */
  #stamped(object: MutableObject): MutableObject {
    const { old } = this.request
    const resourceVersion = old === undefined ? undefined : metadataOf(old).resourceVersion
    if (resourceVersion === undefined || this.request.operation !== "UPDATE") return { ...object }
    return { ...object, metadata: { ...metadataOf(object), resourceVersion } }
  }

  async #shown(object: MutableObject, version: string): Promise<MutableObject> {
    const { target, operation, kind } = this.request
    if (operation === "CONNECT" || kind !== undefined) return object
    if (target.subresource === "scale") return scaleOf(object, target)
    return version === target.version.name ? object : await convertTo(object, target, version)
  }

  /** Takes over what became of the object in a version. Rejects when it cannot be converted back. */
  async replace(next: MutableObject, version: string): Promise<void> {
    const { object, target, settle, kind } = this.request
    if (object === undefined) return
    if (target.subresource === "scale") setReplicas(object, next, target)
    else {
      const isOwn = kind !== undefined || version === target.version.name
      const own = isOwn ? next : await convertTo(next, target, target.version.name)
      for (const key of Object.keys(object)) if (!Object.hasOwn(own, key)) delete object[key]
      Object.assign(object, own)
    }
    settle?.()
    this.#views.clear()
  }

  namespaceLabels(): Labels | undefined {
    const { target, object, old } = this.request
    if (target.resource.id === "/namespaces") {
      const itself = object ?? old
      return itself === undefined ? noLabels : (labelsOf(itself) ?? noLabels)
    }
    if (!target.resource.namespaced) return undefined
    const beside = this.#namespaceBeside()
    return (beside === undefined ? this.#cachedNamespace()?.labels : labelsOf(beside)) ?? noLabels
  }

  /** Whether the Namespace that the object is in, if it is in one, is written with it or in the cache. */
  get knowsNamespace(): boolean {
    if (!this.request.target.resource.namespaced || this.#namespaceBeside() !== undefined) return true
    return this.#cachedNamespace() !== undefined
  }

  #namespaceBeside(): MutableObject | undefined {
    const { call, target } = this.request
    return call.namespaces?.get(target.namespace)
  }

  #cachedNamespace() {
    const { namespace } = this.request.target
    const resource = this.#context.resources.get("/namespaces")
    return resource === undefined
      ? undefined
      : this.#context.cache.find(resource)?.get(resource.key("", namespace))
  }

  /** The Namespace that the object is in; undefined for what is in none. */
  namespaceObject(): MutableObject | undefined {
    const { resource } = this.request.target
    if (!resource.namespaced) return undefined
    const beside = this.#namespaceBeside()
    if (beside !== undefined) return clone(beside)
    const found = this.#cachedNamespace()
    return found === undefined ? undefined : decodeDocument(found.bytes)
  }

  objectLabels(): ReadonlyArray<Labels> {
    const { object, old, operation } = this.request
    if (operation === "CONNECT") return []
    return [object, old].flatMap((one) => (one === undefined ? [] : [labelsOf(one) ?? noLabels]))
  }
}

const convertTo = (object: MutableObject, { resource }: Target, version: string): Promise<MutableObject> => {
  const found = resource.versions.get(version)
  if (found === undefined) throw new Error(`${resource.id} has no version ${version}`)
  return convertObject(clone(object), found, resource)
}
