/** What every implementation asks of a transaction before it is made: that it is one, fits, and that its conditions hold. */
import { checkKey, checkValue } from "./key.ts"
import { type ConditionalWrite, limits, type Revision, StoreError, type UnmetCondition } from "./store.ts"

/** What a write adds to a request besides its value and its key. */
const framingBytes = 64

/** Refuses what no implementation can hold with `TooLarge`, and what is no transaction with a TypeError. */
export const checkTransaction = (writes: ReadonlyArray<ConditionalWrite>): void => {
  const [first] = writes
  if (first === undefined) throw new TypeError("a transaction must have at least one write")
  const keys = new Set<string>()
  let bytes = 0
  for (const write of writes) {
    const { key } = write
    checkKey(key)
    if (write.type === "put") checkValue(key, write.value)
    if (keys.has(key)) throw new TypeError(`a transaction may name a key once: ${JSON.stringify(key)}`)
    keys.add(key)
    bytes += (write.type === "put" ? write.value.byteLength : 0) + 3 * Buffer.byteLength(key) + framingBytes
  }
  const { transactionWritesMax, transactionBytesMax } = limits
  if (writes.length > transactionWritesMax)
    throw tooLarge(first.key, `${writes.length} writes`, transactionWritesMax)
  if (bytes > transactionBytesMax) throw tooLarge(first.key, `${bytes} bytes`, transactionBytesMax)
}

const tooLarge = (key: string, what: string, most: number): StoreError =>
  new StoreError("TooLarge", key, { message: `the transaction has ${what}; at most ${most} are taken` })

/** The refusal of a transaction whose conditions do not all hold; undefined when they do. */
export const unmetConditions = (
  writes: ReadonlyArray<ConditionalWrite>,
  /** The revision of what stands under the key of the write at an index; undefined where nothing does. */
  stands: (key: string, index: number) => Revision | undefined,
): StoreError | undefined => {
  const unmet = writes.flatMap((write, index) => unmetCondition(write, stands(write.key, index)) ?? [])
  const [first] = unmet
  if (first === undefined) return undefined
  const more = unmet.length === 1 ? "" : `, and ${unmet.length - 1} more`
  return new StoreError("ConditionsUnmet", first.key, {
    unmet,
    message: `the transaction was not made: ${first.reason}: ${first.key}${more}`,
  })
}

const unmetCondition = (
  { key, expect }: ConditionalWrite,
  modRevision: Revision | undefined,
): UnmetCondition | undefined => {
  if ("absent" in expect)
    return modRevision === undefined ? undefined : { key, reason: "KeyExists", modRevision }
  if (modRevision === undefined) return { key, reason: "KeyMissing", modRevision }
  return modRevision === expect.modRevision ? undefined : { key, reason: "RevisionMismatch", modRevision }
}
