/** A writer that writes nothing: it keeps what one object's verb has decided on, for the transaction to make. */
import type { ObjectDeletion, ObjectPut, ObjectWriter, Written } from "../registry/object-writer.ts"

export type GatheredWrite =
  | { readonly type: "put"; readonly key: string; readonly put: ObjectPut }
  | { readonly type: "delete"; readonly key: string; readonly expect: { readonly modRevision: bigint } }
  | { readonly type: "keep"; readonly key: string; readonly revision: bigint }

/** The revision of what is not stored yet: no object has it. */
const unwritten = 0n

export class GatheringWriter implements ObjectWriter {
  #gathered: GatheredWrite | undefined

  /** The one write of the verb; undefined where it made none, as in a dry run. */
  get gathered(): GatheredWrite | undefined {
    return this.#gathered
  }

  readonly put = async (put: ObjectPut): Promise<Written> => {
    this.#gathered = { type: "put", key: put.key, put }
    return { bytes: put.served(unwritten), revision: unwritten }
  }

  readonly delete = async ({ key, expect }: ObjectDeletion): Promise<bigint> => {
    this.#gathered = { type: "delete", key, expect }
    return unwritten
  }

  readonly keep = (key: string, revision: bigint): void => {
    this.#gathered = { type: "keep", key, revision }
  }
}
