/** What the pod facade holds at most. */
export const limits = {
  /** Of the annotation that keeps a Pod's other fields. */
  keptFieldsCharactersMax: 32 * 1024,
} as const
