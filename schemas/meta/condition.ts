/** One observation of an object's state. Source: Kubernetes API conventions, "Typical status properties". */
export interface Condition {
  readonly type: string
  readonly status: "True" | "False" | "Unknown"
  readonly observedGeneration?: number
  readonly lastTransitionTime: string
  /** CamelCase, for programs. */
  readonly reason: string
  /** A sentence, for people; never contains times or counters that make it flap. */
  readonly message: string
}
