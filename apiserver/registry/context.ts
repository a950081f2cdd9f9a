/** What the verbs of the registry work with. */

import type { Store } from "../../store/index.ts"
import type { Ambient } from "../ambient.ts"
import { timestamp } from "../ambient.ts"
import type { Call } from "../call.ts"
import type { FieldManager, MutableObject } from "../machinery.ts"
import type { ResourceRequestInfo } from "../request-info.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import type { ResourceTable } from "../resource-table.ts"
import type { Subject } from "../status-error.ts"
import type { StrategyContext } from "../strategy.ts"
import type { WatchCache } from "../watch-cache/watch-cache.ts"
import { metadataOf, stringOf } from "./object-meta.ts"
import type { ObjectWriter } from "./object-writer.ts"

export interface RegistryContext {
  /** Read from; written to by the writer alone. */
  readonly store: Store
  readonly writer: ObjectWriter
  readonly cache: WatchCache
  readonly resources: ResourceTable
  readonly ambient: Ambient
  readonly fields: FieldManager
  /** What is stored for a value in clear, and back. */
  readonly seal: (key: string, value: Uint8Array) => Uint8Array
  readonly open: (key: string, value: Uint8Array) => Uint8Array
  /** Before validation: refuses what surroundings forbid, and may change the object in place. */
  readonly admit: Admission
  /** After validation: refuses only. */
  readonly admitValid: Admission
}

/** A write about to happen. Admission throws to refuse it. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT"
  readonly target: Target
  readonly object: MutableObject | undefined
  readonly old: MutableObject | undefined
  /** The kind of the object where it is not the resource's: of what is posted to a subresource. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
  readonly dryRun: boolean
  readonly call: Call
  /** The options of the request as its kind in meta.k8s.io/v1; undefined for CONNECT. */
  readonly options: MutableObject | undefined
  /** Brings an object that admission has changed back into shape: pruned, prepared, defaulted. */
  readonly settle?: () => void
}

export type Admission = (request: AdmissionRequest) => Promise<void>

/** The object or collection that a request is about, in the version that it speaks. */
export interface Target {
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

/** A verb's call: the request with its target. */
export interface Operation {
  readonly context: RegistryContext
  readonly call: Call<ResourceRequestInfo>
  readonly target: Target
}

export const keyOf = (target: Target): string => target.resource.key(target.namespace, target.name)

export const subjectOf = (target: Target): Subject => target.resource.subject(target.name)

/** What a refusal by admission speaks of: a name may still be generated. Source: admission extractResourceName. */
export const admissionSubject = ({ target, object }: AdmissionRequest): Subject => {
  const metadata = object === undefined ? {} : metadataOf(object)
  const name = target.name || stringOf(metadata, "name") || stringOf(metadata, "generateName") || "Unknown"
  return target.resource.subject(name)
}

export const strategyContext = ({ context, call, target }: Operation): StrategyContext => ({
  user: call.request.user,
  now: timestamp(context.ambient.now()),
  subresource: target.subresource,
})
