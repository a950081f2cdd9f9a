/** Bounds of a transaction. The number of its objects, 100, is in its schema (schemas/transactions/transaction.yaml). */
export const transactionLimits = {
  /** Of the request. */
  bodyBytesMax: 1024 * 1024,
  /** Objects that are looked at at the same time: webhooks take their time. */
  objectsAtOnce: 16,
  /** Causes that a refusal names of one object. */
  causesPerObjectMax: 10,
  /** Objects that the message of a refusal names; its causes name all. */
  objectsNamedMax: 3,
  /** Tries where other writers are faster; only what they changed is computed anew. */
  attemptsMax: 25,
} as const
