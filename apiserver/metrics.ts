/** The server's metrics with the field's names, in Prometheus' text format. Source: apiserver endpoints/metrics. */
import { Histogram, labelValue } from "./histogram.ts"
import type { RequestInfo } from "./request-info.ts"
import type { Resource } from "./resource.ts"

const buckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]

const durations = "apiserver_request_duration_seconds"

const names = ["verb", "group", "version", "resource", "subresource", "scope", "code"]

/** Values that a request's rows are found by, in the order of their names: made for every request, so cheaply. */
const separator = "\u0000"

const keyOf = (info: RequestInfo | undefined): string => {
  if (info === undefined) return separator.repeat(5)
  if (info.type === "path") return `${info.verb}${separator.repeat(5)}`
  const scope = info.name !== "" ? "resource" : info.namespace !== "" ? "namespace" : "cluster"
  return [info.verb, info.group, info.version, info.resource, info.subresource, scope].join(separator)
}

const labelText = (key: string): string =>
  key
    .split(separator)
    .map((value, index) => `${names[index]}="${labelValue(index === 0 ? value.toUpperCase() : value)}"`)
    .join(",")

export class Metrics {
  readonly #totals = new Map<string, number>()
  readonly #durations = new Map<string, Histogram>()
  readonly #watchers = new Map<string, number>()
  #open = 0

  /** Open watches. */
  get watchers(): number {
    return this.#open
  }

  /** Requests without an info share one row. */
  observe(info: RequestInfo | undefined, more: { readonly code: number; readonly seconds: number }): void {
    const key = keyOf(info)
    const total = `${key}${separator}${more.code}`
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + 1)
    if (info?.verb === "watch") return
    let histogram = this.#durations.get(key)
    if (histogram === undefined) {
      histogram = new Histogram(buckets)
      this.#durations.set(key, histogram)
    }
    histogram.observe(more.seconds)
  }

  /** Counts an open watch until the returned function is called. */
  watcherOpened({ group, plural, kind, storage }: Resource): () => void {
    const labels = `group="${group}",version="${storage.name}",kind="${labelValue(kind)}",resource="${plural}"`
    this.#watchers.set(labels, (this.#watchers.get(labels) ?? 0) + 1)
    this.#open++
    return () => {
      this.#watchers.set(labels, (this.#watchers.get(labels) ?? 1) - 1)
      this.#open--
    }
  }

  render(): string {
    const lines = [
      "# HELP apiserver_request_total Requests by verb, group, version, resource, scope and HTTP code.",
      "# TYPE apiserver_request_total counter",
      ...[...this.#totals].map(([key, value]) => `apiserver_request_total{${labelText(key)}} ${value}`),
      `# HELP ${durations} Time from the head of a request to the end of its answer.`,
      `# TYPE ${durations} histogram`,
      ...[...this.#durations].flatMap(([key, histogram]) => histogram.lines(durations, labelText(key))),
      "# HELP apiserver_longrunning_requests Open watches and streams.",
      "# TYPE apiserver_longrunning_requests gauge",
      ...[...this.#watchers].map(
        ([labels, value]) => `apiserver_longrunning_requests{verb="WATCH",${labels}} ${value}`,
      ),
      "# HELP apiserver_registered_watchers Open watches by kind.",
      "# TYPE apiserver_registered_watchers gauge",
      ...[...this.#watchers].map(([labels, value]) => `apiserver_registered_watchers{${labels}} ${value}`),
    ]
    return `${lines.join("\n")}\n`
  }
}
