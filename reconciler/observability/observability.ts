/**
 * Traces, logs and metrics of a program to an OpenTelemetry collector, by OTLP over HTTP as JSON. Start with
 * {@link Observability.layer}: provide it around `Manager.run`.
 *
 * A span `reconcile` for each reconcile has the controller, the object, the reconcile's id, the object's revision, its cause (what
 * woke it and what it read, as `Miren-Cause` says it) and what it wrote; log lines carry the ids of the span that they were written in, and metrics have
 * controller-runtime's names. What cannot be sent is tried again a few times and dropped: nothing waits for the collector, but the
 * end of the layer, for a few seconds. Source: the OpenTelemetry protocol (OTLP) 1.x.
 */
import { Duration, Layer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as OtlpLogger from "effect/observability/OtlpLogger"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"

export interface ObservabilityOptions {
  /** Of the collector: `http://localhost:4318`. `/v1/traces`, `/v1/logs` and `/v1/metrics` are put after it. */
  readonly endpoint: string
  readonly serviceName: string
  readonly serviceVersion?: string
  /** Credentials, above all. */
  readonly headers?: { readonly [name: string]: string }
  /** Absent: all three. */
  readonly signals?: ReadonlyArray<"traces" | "logs" | "metrics">
  /** How often what came together is sent. Absent: 5 seconds; metrics 10. */
  readonly exportInterval?: Duration.Input
  /** How long the end of the layer waits for the last of it. */
  readonly shutdownTimeout?: Duration.Input
}

const optional = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: V })

const layer = (options: ObservabilityOptions): Layer.Layer<never> => {
  const { endpoint, serviceName, serviceVersion, signals = ["traces", "logs", "metrics"] } = options
  const to = (path: string) => ({
    url: `${endpoint.replace(/\/+$/, "")}/v1/${path}`,
    resource: { serviceName, ...optional("serviceVersion", serviceVersion) },
    ...optional("headers", options.headers),
    ...optional("exportInterval", options.exportInterval),
    shutdownTimeout: options.shutdownTimeout ?? Duration.seconds(3),
  })
  const exporters = {
    traces: () => OtlpTracer.layer(to("traces")),
    logs: () => OtlpLogger.layer(to("logs")),
    metrics: () => OtlpMetrics.layer(to("metrics")),
  }
  const [first, ...rest] = signals.map((signal) => exporters[signal]())
  if (first === undefined) return Layer.empty
  return Layer.mergeAll(first, ...rest).pipe(
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(FetchHttpClient.layer),
  )
}

export const Observability = { layer }
