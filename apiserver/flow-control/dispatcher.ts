/**
 * Priority and fairness, short of its objects: which flow a request belongs to, and when it gets its seats.
 * Plain TypeScript; a request that finds seats free never waits, not even for a tick.
 */
import type { Ambient } from "../ambient.ts"
import { accessOf } from "../authorizer.ts"
import type { UserInfo } from "../exchange.ts"
import type { RequestInfo } from "../request-info.ts"
import { tooManyRequests } from "../status-error.ts"
import { mandatory } from "./default-flows.ts"
import { FlowMetrics, type Rejection } from "./flow-metrics.ts"
import { bySchemaOrder, type FlowSchema, flowOf, matchesSchema, parseFlowSchema } from "./flow-schema.ts"
import { flowLimits } from "./limits.ts"
import { type PriorityLevel, parsePriorityLevel } from "./priority-level.ts"
import { QueueSet } from "./queue-set.ts"
import { SeatPool } from "./seat-pool.ts"
import { isStream, type SizeOf, seatsOf } from "./work-estimate.ts"

/** What a request holds while it is answered. Giving it back twice is giving it back once. */
export interface Seat {
  readonly release: () => void
}

/** Where a request belongs. */
export interface Classified {
  readonly headers: { readonly [name: string]: string }
  /** Takes its seats, at once where they are free. Fails with `TooManyRequests`. */
  readonly take: (signal: AbortSignal) => Seat | Promise<Seat>
}

export interface DispatcherOptions {
  readonly ambient: Ambient
  /** Of the whole server. */
  readonly seats: number
  readonly sizeOf: SizeOf
}

const freely: Seat = { release: () => {} }

const refusal = (): Error => tooManyRequests("too many requests, please try again later.")

const mandatoryLevels = mandatory.levels.map(parsePriorityLevel)
const mandatorySchemas = mandatory.schemas.map(parseFlowSchema)

const complete = <T extends { readonly name: string }>(
  given: ReadonlyArray<T>,
  needed: ReadonlyArray<T>,
): ReadonlyArray<T> => [...given, ...needed.filter(({ name }) => !given.some((other) => other.name === name))]

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #pool: SeatPool
  readonly #levels = new Map<string, QueueSet>()
  readonly #metrics = new FlowMetrics()
  #schemas: ReadonlyArray<FlowSchema> = mandatorySchemas

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#pool = new SeatPool(options.seats)
    this.configure([], [])
  }

  /** Goes by these from now on; who waits keeps waiting. */
  configure(levels: ReadonlyArray<PriorityLevel>, schemas: ReadonlyArray<FlowSchema>): void {
    const wanted = complete(levels, mandatoryLevels)
    for (const level of wanted) {
      const known = this.#levels.get(level.name)
      if (known !== undefined) known.configure(level)
      else this.#levels.set(level.name, this.#queueSet(level))
    }
    const gone = [...this.#levels].filter(([name]) => !wanted.some((level) => level.name === name))
    for (const [name] of gone) this.#levels.delete(name)
    this.#schemas = [...complete(schemas, mandatorySchemas)].sort(bySchemaOrder)
    this.#metrics.keep(this.#schemas)
    this.#pool.share([...this.#levels.values()])
    // A level that is gone has no limit any more: whoever waits in it goes at once.
    for (const [, queues] of gone) queues.dispatch()
    this.#dispatchAll()
  }

  #queueSet(level: PriorityLevel): QueueSet {
    return new QueueSet(level, { pool: this.#pool, freed: () => this.#dispatchAll() })
  }

  #dispatchAll(): void {
    for (const level of this.#levels.values()) if (level.waiting > 0) level.dispatch()
  }

  /** The schema that matches first; one whose level is missing is passed over. */
  classify(user: UserInfo, info: RequestInfo): Classified {
    const request = accessOf(info)
    for (const schema of this.#schemas) {
      const level = this.#levels.get(schema.level)
      if (level === undefined || !matchesSchema(schema, user, request)) continue
      return this.#classified(schema, level, { user, info })
    }
    return { headers: {}, take: () => freely }
  }

  #classified(
    schema: FlowSchema,
    queues: QueueSet,
    { user, info }: { readonly user: UserInfo; readonly info: RequestInfo },
  ): Classified {
    const headers = {
      "x-kubernetes-pf-flowschema-uid": schema.uid,
      "x-kubernetes-pf-prioritylevel-uid": queues.level.uid,
    }
    if (queues.level.exempt || isStream(info)) return { headers, take: () => freely }
    return {
      headers,
      take: (signal) => {
        const flow = flowOf(schema, user, accessOf(info))
        return this.#take(schema, queues, { flow, seats: seatsOf(info, this.#options.sizeOf), signal })
      },
    }
  }

  #take(schema: FlowSchema, queues: QueueSet, { signal, ...request }: Taking): Seat | Promise<Seat> {
    let begin: (release: () => void) => void = () => {}
    const entry = queues.enter(request, (release) => begin(release))
    if (entry.type === "seated") {
      this.#metrics.dispatched(schema)
      return entry
    }
    if (entry.type === "full") {
      this.#metrics.rejected(schema, queues.level.queuing === undefined ? "concurrency-limit" : "queue-full")
      throw refusal()
    }
    return new Promise((resolve, reject) => {
      const giveUp = (why: Rejection) => (): void => {
        if (!entry.place.leave()) return
        this.#metrics.rejected(schema, why)
        settle(() => reject(refusal()))
      }
      const cancelled = giveUp("cancelled")
      const cancelTimer = this.#options.ambient.timer(flowLimits.waitMs, giveUp("time-out"))
      const settle = (outcome: () => void): void => {
        cancelTimer()
        signal.removeEventListener("abort", cancelled)
        outcome()
      }
      begin = (release) => {
        this.#metrics.dispatched(schema)
        settle(() => resolve({ release }))
      }
      signal.addEventListener("abort", cancelled)
      if (signal.aborted) cancelled()
    })
  }

  /** In Prometheus' text format. */
  renderMetrics(): string {
    const states = [...this.#levels.values()].map((queues) => ({
      level: queues.level,
      waiting: queues.waiting,
      inUse: queues.inUse,
      nominal: this.#pool.nominal(queues),
    }))
    return this.#metrics.render(states)
  }
}

interface Taking {
  readonly flow: string
  readonly seats: number
  readonly signal: AbortSignal
}
