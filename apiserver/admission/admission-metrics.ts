/**
 * What admission costs and refuses, in Prometheus' text format with the field's names. Requests that nothing is registered
 * for are not counted: they pass after one look-up. Source: apiserver `pkg/admission/metrics`.
 */
import { Histogram, labelValue } from "../histogram.ts"
import type { AdmissionRequest } from "../registry/context.ts"
import { limits } from "./limits.ts"

/** Which part of admission something is measured of, by the name of its plugin upstream. */
export type Controller =
  | "MutatingAdmissionWebhook"
  | "ValidatingAdmissionPolicy"
  | "ValidatingAdmissionWebhook"

/** Why a webhook's answer ends a request. */
export type RejectionCause = "calling_webhook_error" | "apiserver_internal_error" | "no_error"

type Operation = AdmissionRequest["operation"]

interface Asked {
  readonly name: string
  readonly operation: Operation
  readonly mutating: boolean
}

interface Told {
  readonly seconds: number
  readonly rejected: boolean
  /** HTTP status that the webhook's answer stands for; 200 where it allowed. */
  readonly code: number
}

const controllerBounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5]
const webhookBounds = [...controllerBounds, 10, 25]

const labels = (values: { readonly [label: string]: string | number | boolean }): string =>
  Object.entries(values)
    .map(([label, value]) => `${label}="${labelValue(String(value))}"`)
    .join(",")

/** Rows by their labels, as many as are kept. */
class Rows<A> {
  readonly #rows = new Map<string, A>()

  at(key: string, empty: () => A): A | undefined {
    const found = this.#rows.get(key)
    if (found !== undefined || this.#rows.size >= limits.metricRowsMax) return found
    const made = empty()
    this.#rows.set(key, made)
    return made
  }

  lines(each: (labels: string, row: A) => ReadonlyArray<string>): ReadonlyArray<string> {
    return [...this.#rows].flatMap(([key, row]) => each(key, row))
  }
}

interface Counter {
  value: number
}

const zero = (): Counter => ({ value: 0 })

const count = (rows: Rows<Counter>, values: Parameters<typeof labels>[0]): void => {
  const row = rows.at(labels(values), zero)
  if (row !== undefined) row.value++
}

const head = (name: string, type: "counter" | "histogram", help: string): ReadonlyArray<string> => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
]

const typeOf = (mutating: boolean): string => (mutating ? "admit" : "validating")

export class AdmissionMetrics {
  readonly #controllers = new Rows<Histogram>()
  readonly #webhooks = new Rows<Histogram>()
  readonly #requests = new Rows<Counter>()
  readonly #rejections = new Rows<Counter>()
  readonly #failedOpen = new Rows<Counter>()

  controller(name: Controller, operation: Operation, { seconds, rejected }: Omit<Told, "code">): void {
    const type = name === "MutatingAdmissionWebhook" ? "admit" : "validate"
    this.#controllers
      .at(labels({ name, operation, rejected, type }), () => new Histogram(controllerBounds))
      ?.observe(seconds)
  }

  /** A webhook was asked. */
  webhook({ name, operation, mutating }: Asked, { seconds, rejected, code }: Told): void {
    const type = typeOf(mutating)
    this.#webhooks
      .at(labels({ name, operation, rejected, type }), () => new Histogram(webhookBounds))
      ?.observe(seconds)
    count(this.#requests, { code, name, operation, rejected, type })
  }

  /** A request ends because of a webhook. */
  rejection(
    { name, operation, mutating }: Asked,
    more: { readonly cause: RejectionCause; readonly code: number },
  ): void {
    const type = typeOf(mutating)
    count(this.#rejections, { error_type: more.cause, name, operation, rejection_code: more.code, type })
  }

  /** A webhook that could not be asked was passed over. */
  failedOpen({ name, mutating }: Asked): void {
    count(this.#failedOpen, { name, type: typeOf(mutating) })
  }

  render(): string {
    const prefix = "apiserver_admission"
    const controllers = `${prefix}_controller_admission_duration_seconds`
    const webhooks = `${prefix}_webhook_admission_duration_seconds`
    const counted = (name: string, help: string, rows: Rows<Counter>): ReadonlyArray<string> => [
      ...head(name, "counter", help),
      ...rows.lines((key, { value }) => [`${name}{${key}} ${value}`]),
    ]
    const lines = [
      ...head(controllers, "histogram", "Time that a part of admission took, by its plugin's name."),
      ...this.#controllers.lines((key, row) => row.lines(controllers, key)),
      ...head(webhooks, "histogram", "Time until a webhook had answered."),
      ...this.#webhooks.lines((key, row) => row.lines(webhooks, key)),
      ...counted(`${prefix}_webhook_request_total`, "Questions to webhooks.", this.#requests),
      ...counted(
        `${prefix}_webhook_rejection_count`,
        "Requests that ended because of a webhook.",
        this.#rejections,
      ),
      ...counted(
        `${prefix}_webhook_fail_open_count`,
        "Webhooks that could not be asked and were passed over.",
        this.#failedOpen,
      ),
    ]
    return `${lines.join("\n")}\n`
  }
}
