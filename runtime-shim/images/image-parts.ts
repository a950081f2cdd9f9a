import type { Stream } from "effect"
import type { RuntimeError } from "../sandbox-runtime.ts"
import type { Descriptor, ParsedConfig } from "./manifest.ts"

/** An image as it comes in, from an archive or a registry: its documents, and its layers to read. */
export interface ImageParts {
  readonly manifest: { readonly mediaType: string; readonly digest: string; readonly bytes: Uint8Array }
  readonly config: {
    readonly descriptor: Descriptor
    readonly bytes: Uint8Array
    readonly parsed: ParsedConfig
  }
  readonly layers: ReadonlyArray<Descriptor>
  readonly chunks: (layer: Descriptor) => Stream.Stream<Uint8Array, RuntimeError>
}
