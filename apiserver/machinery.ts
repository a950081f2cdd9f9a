/**
 * The seam between the server's core (requests, registry, watch cache) and its pure machinery (schema, patch, apply,
 * selectors, table, openapi): what the one may ask of the other. All of it is plain, synchronous and total: bad input
 * comes back as values or as a {@link MachineryError}, never as a surprise.
 */
import type { JsonObject, ManagedFieldsEntry, StatusReason } from "../schemas/index.ts"

/** JSON being worked on: owned by the request that parsed it, so it may be changed in place. */
export type MutableJson = null | boolean | number | string | MutableJson[] | MutableObject
export interface MutableObject {
  [key: string]: MutableJson
}

/** One thing wrong with one field, in apimachinery's `field.Error` words. */
export interface FieldError {
  /** `spec.containers[0].image` */
  readonly field: string
  readonly type:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueTypeInvalid"
    | "FieldValueNotSupported"
    | "FieldValueDuplicate"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
  /** The whole text after the field: `Required value`, `Invalid value: "x": must be ...`. */
  readonly detail: string
}

/** A refusal by a pure function: becomes a Status. */
export class MachineryError extends Error {
  override readonly name = "MachineryError"
  readonly reason: StatusReason
  readonly causes: ReadonlyArray<{
    readonly reason: string
    readonly message: string
    readonly field?: string
  }>
  constructor(
    reason: StatusReason,
    message: string,
    causes: ReadonlyArray<{
      readonly reason: string
      readonly message: string
      readonly field?: string
    }> = [],
  ) {
    super(message)
    this.reason = reason
    this.causes = causes
  }
}

/** A schema of one version of one kind, ready for use (`apiserver/schema`). Compiled once, on first use. */
export interface CompiledSchema {
  /** Drops undeclared fields in place and returns their paths (`spec.x`), metadata excepted. Nulls as Kubernetes does. */
  prune(object: MutableObject): ReadonlyArray<string>
  /** Fills defaults in place. */
  applyDefaults(object: MutableObject): void
  /**
   * All errors, in document order; [] is valid. `old` for transition rules and ratcheting: rules that a part breaks which
   * did not change are told to `warn`.
   */
  validate(
    object: MutableObject,
    old?: MutableObject,
    warn?: (text: string) => void,
  ): ReadonlyArray<FieldError>
  /** What server-side apply needs to know of the node at the root. */
  readonly root: JsonObject
}

export interface ApplyInput {
  /** The stored object, decoded; undefined when absent. Not changed. */
  readonly live: MutableObject | undefined
  /** The applied configuration, with apiVersion, kind and metadata.name. Not changed. */
  readonly applied: MutableObject
  readonly manager: string
  readonly force: boolean
  readonly subresource: string
  readonly schema: CompiledSchema
  /** RFC 3339 seconds, for the entry's time. */
  readonly now: string
}

export interface UpdateInput {
  readonly live: MutableObject | undefined
  /** The object as it will be stored; its metadata.managedFields is what the client sent. Not changed. */
  readonly next: MutableObject
  readonly manager: string
  readonly subresource: string
  readonly schema: CompiledSchema
  readonly now: string
  /** The same two states in other versions that fields are owned in, where versions differ in more than their name. */
  readonly elsewhere?: ReadonlyMap<
    string,
    {
      readonly live: MutableObject | undefined
      readonly next: MutableObject
      readonly schema: CompiledSchema
    }
  >
}

/** The versions of a kind that a converter stands between. */
export interface Versions {
  /** Undefined for a version that the kind does not have. */
  schema(apiVersion: string): CompiledSchema | undefined
  /** Objects at a version that the kind has, as new ones. Rejects when they cannot be converted. */
  convert(objects: ReadonlyArray<MutableObject>, apiVersion: string): Promise<ReadonlyArray<MutableObject>>
}

/** Field ownership (`apiserver/apply`). Source: KEP-555, structured-merge-diff. */
export interface FieldManager {
  /** The merged object with its managedFields; throws MachineryError Conflict with FieldManagerConflict causes. */
  apply(input: ApplyInput): MutableObject
  /** As `apply`, of an object whose fields may be owned in other versions. Rejects as conversion does, besides. */
  applyAcross(input: ApplyInput, versions: Versions): Promise<MutableObject>
  /** The managedFields of an object written by create, update or a patch. */
  update(input: UpdateInput): ReadonlyArray<ManagedFieldsEntry>
}

export type LabelSelector = (labels: { readonly [key: string]: string } | undefined) => boolean

export interface FieldRequirement {
  readonly path: string
  readonly operator: "=" | "!="
  readonly value: string
}
