/** What transactions have come to, in Prometheus' text format. */
import type { OutcomeType } from "./outcome.ts"

type Counted = OutcomeType | "refused"

export class TransactionMetrics {
  readonly #objects = new Map<Counted, number>()
  #retries = 0

  /** Objects of a transaction that was made, or refused. */
  observe(outcome: Counted, count = 1): void {
    this.#objects.set(outcome, (this.#objects.get(outcome) ?? 0) + count)
  }

  /** Another writer was faster. */
  retried(): void {
    this.#retries++
  }

  render(): string {
    const lines = [
      "# HELP miren_transaction_objects_total Objects of transactions by what became of them.",
      "# TYPE miren_transaction_objects_total counter",
      ...[...this.#objects].map(
        ([outcome, count]) => `miren_transaction_objects_total{outcome="${outcome}"} ${count}`,
      ),
      "# HELP miren_transaction_retries_total Transactions computed anew because another writer was faster.",
      "# TYPE miren_transaction_retries_total counter",
      `miren_transaction_retries_total ${this.#retries}`,
    ]
    return `${lines.join("\n")}\n`
  }
}
