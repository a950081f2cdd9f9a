/** Whether a write's expectation holds, as a value: undefined, or the error that says what stands there instead. */
import { type Expect, type KeyValue, StoreError } from "./store.ts"

export const unmetExpectation = (
  key: string,
  expect: Expect,
  current: KeyValue | undefined,
): StoreError | undefined => {
  if ("absent" in expect)
    return current === undefined
      ? undefined
      : new StoreError("KeyExists", key, {
          current,
          message: `${key} exists at revision ${current.modRevision}`,
        })
  if (current === undefined) return new StoreError("KeyMissing", key, { message: `${key} does not exist` })
  if (current.modRevision === expect.modRevision) return undefined
  return new StoreError("RevisionMismatch", key, {
    current,
    message: `${key} is at revision ${current.modRevision}, not ${expect.modRevision}`,
  })
}

/** The refusal of a write under a session that is over. */
export const sessionGone = (key: string, session: string, cause?: unknown): StoreError =>
  new StoreError("SessionGone", key, { cause, message: `session ${session} is over` })
