/**
 * A kind as it is declared: the `spec` of an apiextensions.k8s.io/v1 CustomResourceDefinition, for built-in kinds
 * (generated from schemas/**.yaml into `schemas/definitions.gen.ts`) and for CRDs alike.
 */
import type { JsonObject } from "./json.ts"

export interface ResourceNames {
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly shortNames?: ReadonlyArray<string>
  readonly categories?: ReadonlyArray<string>
}

export interface PrinterColumn {
  readonly name: string
  readonly type: "string" | "integer" | "number" | "boolean" | "date"
  readonly jsonPath: string
  readonly format?: string
  readonly description?: string
  /** 0 shows always, above 0 only with `-o wide`. */
  readonly priority?: number
}

export interface ResourceVersionDefinition {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
  readonly schema: { readonly openAPIV3Schema: JsonObject }
  readonly subresources?: {
    readonly status?: JsonObject
    readonly scale?: {
      readonly specReplicasPath: string
      readonly statusReplicasPath: string
      readonly labelSelectorPath?: string
    }
  }
  readonly additionalPrinterColumns?: ReadonlyArray<PrinterColumn>
  readonly selectableFields?: ReadonlyArray<{ readonly jsonPath: string }>
}

export interface ResourceDefinition {
  readonly group: string
  readonly scope: "Namespaced" | "Cluster"
  readonly names: ResourceNames
  readonly versions: ReadonlyArray<ResourceVersionDefinition>
  readonly conversion?: JsonObject
}
