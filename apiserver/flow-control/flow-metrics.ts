/** What became of requests, by schema and level, in Prometheus' text format. Source: util/flowcontrol/metrics. */
import type { FlowSchema } from "./flow-schema.ts"
import type { PriorityLevel } from "./priority-level.ts"

/** Why a request got no seat, in upstream's words. */
export type Rejection = "queue-full" | "concurrency-limit" | "time-out" | "cancelled"

/** A level as it is at this moment. */
export interface LevelState {
  readonly level: PriorityLevel
  readonly waiting: number
  readonly inUse: number
  readonly nominal: number
}

const prefix = "apiserver_flowcontrol"

interface Counts {
  dispatched: number
  readonly rejected: Map<Rejection, number>
}

const gauge = (
  name: string,
  help: string,
  rows: ReadonlyArray<readonly [string, number]>,
): ReadonlyArray<string> => [
  `# HELP ${prefix}_${name} ${help}`,
  `# TYPE ${prefix}_${name} gauge`,
  ...rows.map(([level, value]) => `${prefix}_${name}{priority_level="${level}"} ${value}`),
]

export class FlowMetrics {
  readonly #counts = new Map<string, Counts>()

  #of({ name, level }: FlowSchema): Counts {
    const key = `flow_schema="${name}",priority_level="${level}"`
    let counts = this.#counts.get(key)
    if (counts === undefined) {
      counts = { dispatched: 0, rejected: new Map() }
      this.#counts.set(key, counts)
    }
    return counts
  }

  dispatched(schema: FlowSchema): void {
    this.#of(schema).dispatched++
  }

  rejected(schema: FlowSchema, why: Rejection): void {
    const { rejected } = this.#of(schema)
    rejected.set(why, (rejected.get(why) ?? 0) + 1)
  }

  /** Forgets schemas that are no more: rows do not add up over time. */
  keep(schemas: ReadonlyArray<FlowSchema>): void {
    const wanted = new Set(
      schemas.map(({ name, level }) => `flow_schema="${name}",priority_level="${level}"`),
    )
    for (const key of [...this.#counts.keys()]) if (!wanted.has(key)) this.#counts.delete(key)
  }

  render(levels: ReadonlyArray<LevelState>): string {
    const limited = levels.filter(({ level }) => !level.exempt)
    const rows = (value: (state: LevelState) => number) =>
      limited.map((state) => [state.level.name, value(state)] as const)
    const lines = [
      `# HELP ${prefix}_dispatched_requests_total Requests that got their seats.`,
      `# TYPE ${prefix}_dispatched_requests_total counter`,
      ...[...this.#counts].map(
        ([key, { dispatched }]) => `${prefix}_dispatched_requests_total{${key}} ${dispatched}`,
      ),
      `# HELP ${prefix}_rejected_requests_total Requests that were told to come back.`,
      `# TYPE ${prefix}_rejected_requests_total counter`,
      ...[...this.#counts].flatMap(([key, { rejected }]) =>
        [...rejected].map(
          ([reason, count]) => `${prefix}_rejected_requests_total{${key},reason="${reason}"} ${count}`,
        ),
      ),
      ...gauge(
        "current_inqueue_requests",
        "Requests that wait.",
        rows(({ waiting }) => waiting),
      ),
      ...gauge(
        "current_executing_seats",
        "Seats that are held.",
        rows(({ inUse }) => inUse),
      ),
      ...gauge(
        "nominal_limit_seats",
        "Seats by right.",
        rows(({ nominal }) => nominal),
      ),
    ]
    return `${lines.join("\n")}\n`
  }
}
