/** What a run hears of reconciles: the library's own spans, which every controller has, whoever runs it. */
import { Cause, Exit, Tracer } from "effect"

/** A reconcile that has ended. */
export interface Reconciled {
  readonly controller: string
  /** The key, `NAMESPACE/NAME`. */
  readonly object: string
  readonly outcome: "done" | "failed" | "defect" | "interrupted"
  /** What it failed with; "" otherwise. */
  readonly message: string
}

export type ReconcileWatcher = (reconciled: Reconciled) => void

const SPAN = "reconcile"

const textOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Pick<Reconciled, "outcome" | "message"> => {
  if (Exit.isSuccess(exit)) return { outcome: "done", message: "" }
  const { reasons } = exit.cause
  if (reasons.some(Cause.isDieReason)) return { outcome: "defect", message: textOf(exit.cause) }
  if (reasons.some(Cause.isFailReason)) return { outcome: "failed", message: textOf(exit.cause) }
  return { outcome: "interrupted", message: "" }
}

export class ReconcileSpan extends Tracer.NativeSpan {
  readonly #onReconcile: ReconcileWatcher | undefined

  constructor(
    options: ConstructorParameters<typeof Tracer.NativeSpan>[0],
    onReconcile: ReconcileWatcher | undefined,
  ) {
    super(options)
    this.#onReconcile = onReconcile
  }

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    super.end(endTime, exit)
    if (this.name !== SPAN || this.#onReconcile === undefined) return
    const { attributes } = this
    this.#onReconcile({
      controller: String(attributes.get("controller")),
      object: String(attributes.get("object")),
      ...outcomeOf(exit),
    })
  }
}
