/**
 * Requests counted under client-go's names, so that its dashboards and alerts hold.
 * Source: controller-runtime `pkg/metrics`, client-go `tools/metrics`.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { monotonicMs } from "./ambient.ts"
import type { Transport, TransportRequest } from "./transport.ts"

const boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1.5, 2, 4, 8, 15, 30, 60]
const context = Context.empty()

/** A metric of each combination of labels, made once. */
const byLabels = <M>(make: (labels: { readonly [name: string]: string }) => M) => {
  const made = new Map<string, M>()
  return (labels: { readonly [name: string]: string }): M => {
    const key = Object.values(labels).join(" ")
    const found = made.get(key) ?? make(labels)
    made.set(key, found)
    return found
  }
}

const requests = byLabels((labels) =>
  Metric.withAttributes(Metric.counter("rest_client_requests_total", { incremental: true }), labels),
)
const durations = byLabels((labels) =>
  Metric.withAttributes(Metric.histogram("rest_client_request_duration_seconds", { boundaries }), labels),
)

/** The same transport, counted. `host` names the server. */
export const countRequests = (transport: Transport, host: string): Transport => {
  const count = (method: TransportRequest["method"], code: string): void =>
    requests({ code, host, method }).updateUnsafe(1, context)
  return {
    request: async (request) => {
      const startedAt = monotonicMs()
      try {
        const response = await transport.request(request)
        count(request.method, String(response.status))
        return response
      } catch (error) {
        count(request.method, "<error>")
        throw error
      } finally {
        durations({ host, verb: request.method }).updateUnsafe((monotonicMs() - startedAt) / 1000, context)
      }
    },
  }
}
