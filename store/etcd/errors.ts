/** What etcd's errors mean here. etcd3 keeps no status code, so its API's own sentences are what can be told apart. */
import { compacted } from "../replay.ts"
import { StoreError, type StoreErrorReason } from "../store.ts"

const sentences: ReadonlyArray<readonly [sentence: string, reason: StoreErrorReason]> = [
  ["required revision has been compacted", "Compacted"],
  ["required revision is a future revision", "FutureRevision"],
  ["requested lease not found", "SessionGone"],
  ["request is too large", "TooLarge"],
]

/** The StoreError of a failed call; what is not known as something else is `Unavailable`. */
export const storeErrorOf = (cause: unknown, key: string): StoreError => {
  if (cause instanceof StoreError) return cause
  const message = messageOf(cause)
  const reason = sentences.find(([sentence]) => message.includes(sentence))?.[1] ?? "Unavailable"
  if (reason === "Compacted") return compacted(key, undefined, cause)
  return new StoreError(reason, key, { cause, message: `etcd, asked for ${key}: ${message}` })
}

/** Whether a call failed before anything of it was sent, so that it cannot have happened. */
export const isNeverSent = (cause: unknown): boolean => messageOf(cause).includes("No connection established")

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
