/** Several objects applied in one revision or none. Start with `transaction.ts`. */
export { transactionCreates, transactionsId } from "./transaction.ts"
export { TransactionMetrics } from "./transaction-metrics.ts"
