/**
 * Events about objects: notes for people, written in the background. Start with {@link makeEventRecorder}.
 *
 * Guarantees: recording never fails and never waits; the same note about the same object is one Event with a count; notes that
 * differ in their message only are combined into one Event after the first ten in ten minutes; writes are bounded in rate, and
 * what cannot be written is dropped and counted. Source: client-go `tools/record`; other than there, repetitions of one Event are
 * never dropped but counted until it is written, so a storm about one object keeps the count and costs one write.
 */
import { Clock, Duration, Effect, Latch, Metric, Random, type Scope } from "effect"
import { type ApiError, Client } from "../client/index.ts"
import { Event, type KubeObject } from "../schemas/index.ts"
import {
  eventBurst,
  eventInterval,
  maxEventMessageLength,
  maxPendingEvents,
  maxRememberedEvents,
  maxSimilarEvents,
  similarEventInterval,
} from "./limits.ts"

export interface EventNote {
  readonly type: "Normal" | "Warning"
  /** One CamelCase word, for programs. */
  readonly reason: string
  /** A sentence, for people. The same words each time, else each is an Event of its own. */
  readonly message: string
}

export interface EventRecorder {
  readonly record: (object: KubeObject, note: EventNote) => void
}

/** One Event and what of it is written. */
interface Series {
  readonly object: KubeObject
  /** Of a combined one: the last. */
  note: EventNote
  readonly isCombined: boolean
  readonly firstMs: number
  lastMs: number
  count: number
  /** Its name at the server, once it was created. */
  name: string | undefined
  pending: boolean
}

const dropped = Metric.counter("reconciler_events_dropped_total", { incremental: true })

const seriesKey = ({ kind, metadata }: KubeObject, { type, reason, message }: EventNote): string =>
  JSON.stringify([kind, metadata.namespace ?? "", metadata.name, metadata.uid ?? "", type, reason, message])

const combinedPrefix = "(combined from similar events): "

/** Messages of notes that are otherwise the same, heard within the interval. */
interface Similar {
  readonly messages: Set<string>
  lastMs: number
}

/** Which notes are too many of a kind to each have an Event. */
const makeCombiner = () => {
  const similar = new Map<string, Similar>()
  return (object: KubeObject, note: EventNote, nowMs: number): boolean => {
    const key = seriesKey(object, { ...note, message: "" })
    const known = similar.get(key)
    const isRecent = known !== undefined && nowMs - known.lastMs <= Duration.toMillis(similarEventInterval)
    const group = isRecent ? known : { messages: new Set<string>(), lastMs: nowMs }
    group.lastMs = nowMs
    similar.delete(key)
    similar.set(key, group)
    const [oldest] = similar.keys()
    if (similar.size > maxRememberedEvents && oldest !== undefined) similar.delete(oldest)
    if (group.messages.has(note.message)) return false
    if (group.messages.size >= maxSimilarEvents) return true
    group.messages.add(note.message)
    return false
  }
}

const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** The Event as it is created. Events of cluster-scoped objects live in the namespace `default`. */
const eventOf = (series: Series, component: string, name: string): Event => {
  const { object, note } = series
  const namespace = object.metadata.namespace ?? "default"
  const { uid, resourceVersion } = object.metadata
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name: object.metadata.name,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: note.type,
    reason: note.reason,
    message: note.message.slice(0, maxEventMessageLength),
    source: { component },
    reportingComponent: component,
    firstTimestamp: time(series.firstMs),
    lastTimestamp: time(series.lastMs),
    count: series.count,
  }
}

/** A token at a time: `burst` at once, and then one for each interval. */
const makeTokens = Effect.fnUntraced(function* (burst: number, interval: Duration.Duration) {
  const clock = yield* Clock.Clock
  const intervalMs = Duration.toMillis(interval)
  let tokens = burst
  let refilledAt = clock.currentTimeMillisUnsafe()
  const token: Effect.Effect<void> = Effect.suspend(() => {
    const gained = Math.floor((clock.currentTimeMillisUnsafe() - refilledAt) / intervalMs)
    tokens = Math.min(burst, tokens + gained)
    refilledAt += gained * intervalMs
    if (tokens === 0) return Effect.andThen(Effect.sleep(interval), token)
    tokens -= 1
    return Effect.void
  })
  return token
})

/** Writes what was recorded as long as the Scope is open. */
export const makeEventRecorder = Effect.fnUntraced(function* (
  component: string,
): Effect.fn.Return<EventRecorder, never, Client | Scope.Scope> {
  const client = yield* Client
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  const remembered = new Map<string, Series>()
  const pending: Array<Series> = []
  const recorded = Latch.makeUnsafe(false)

  const isTooMany = makeCombiner()
  const remember = (object: KubeObject, single: EventNote): Series => {
    const now = clock.currentTimeMillisUnsafe()
    const isCombined = isTooMany(object, single, now)
    const note = isCombined ? { ...single, message: combinedPrefix + single.message } : single
    const key = seriesKey(object, isCombined ? { ...single, message: combinedPrefix } : single)
    const known = remembered.get(key)
    const series = known ?? {
      object,
      note,
      isCombined,
      firstMs: now,
      lastMs: now,
      count: 0,
      name: undefined,
      pending: false,
    }
    series.count += 1
    series.note = note
    series.lastMs = now
    // The most recent is last: the one that is forgotten is the one not heard of for longest.
    remembered.delete(key)
    remembered.set(key, series)
    const [oldest] = remembered.keys()
    if (remembered.size > maxRememberedEvents && oldest !== undefined) remembered.delete(oldest)
    return series
  }

  const create = Effect.fnUntraced(function* (series: Series) {
    const id = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
    const name = `${series.object.metadata.name.slice(0, 230)}.${id.toString(16)}`
    yield* client.create(Event, eventOf(series, component, name))
    series.name = name
  })

  const write = (series: Series): Effect.Effect<void, ApiError> => {
    if (series.name === undefined) return create(series)
    const key = { namespace: series.object.metadata.namespace ?? "default", name: series.name }
    const message = series.isCombined ? { message: series.note.message.slice(0, maxEventMessageLength) } : {}
    const value = { count: series.count, lastTimestamp: time(series.lastMs), ...message }
    return client.patch(Event, key, { patch: { type: "merge", value } }).pipe(
      Effect.asVoid,
      Effect.catchIf(
        (error) => error.reason === "NotFound",
        () => create(series),
      ),
    )
  }

  const token = yield* makeTokens(eventBurst, eventInterval)
  const writer = Effect.gen(function* () {
    for (;;) {
      yield* recorded.await
      for (let series = pending.shift(); series !== undefined; series = pending.shift()) {
        yield* token
        series.pending = false
        yield* Effect.catch(write(series), (error) => {
          dropped.updateUnsafe(1, context)
          return Effect.logDebug("an Event was not written", error.reason)
        })
      }
      recorded.closeUnsafe()
    }
  })
  yield* Effect.forkScoped(writer)

  return {
    record: (object, note) => {
      const series = remember(object, note)
      if (series.pending) return
      if (pending.length >= maxPendingEvents) {
        dropped.updateUnsafe(1, context)
        return
      }
      series.pending = true
      pending.push(series)
      recorded.openUnsafe()
    },
  }
})
