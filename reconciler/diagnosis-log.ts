/**
 * What a controller's diagnoses lead to: a line in the log and an Event on the object, once and again with growing gaps; a metric
 * each time; and a list for people.
 */
import { Clock, Effect } from "effect"
import type { Diagnosis } from "./diagnosis.ts"
import { diagnosisText, subjectOf } from "./diagnosis.ts"
import type { EventRecorder } from "./events.ts"
import { Fights } from "./fights.ts"
import type { Informer } from "./informer.ts"
import type { InformersShape } from "./informers.ts"
import { diagnosisGapMaxMs, diagnosisGapMs, maxDiagnoses } from "./limits.ts"
import type { ControllerMetrics } from "./metrics.ts"
import type { Change } from "./object-cache.ts"
import { type Cycle, WriteChains } from "./write-chains.ts"

/** A diagnosis with when it was made. Times are of the controller's Clock. */
export interface Diagnosed {
  readonly diagnosis: Diagnosis
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

interface Known extends Diagnosed {
  readonly sayAgainMs: number
  readonly gapMs: number
}

/** What the controllers of one process see of each other's writes: those that share informers. */
const processes = new WeakMap<InformersShape, { readonly chains: WriteChains; readonly fights: Fights }>()

const sharedBy = (informers: InformersShape) => {
  const known = processes.get(informers)
  if (known !== undefined) return known
  const made = { chains: new WriteChains(), fights: new Fights() }
  processes.set(informers, made)
  return made
}

export interface DiagnosisLog {
  /** To be told of each change that an informer shows. */
  readonly changed: (change: Change) => void
  /** To be told of each reconcile; what is to be said of it. */
  readonly reconciled: (cycle: Cycle) => Effect.Effect<void> | undefined
  readonly all: () => ReadonlyArray<Diagnosed>
}

interface Surroundings {
  readonly informers: InformersShape
  readonly sources: () => ReadonlyArray<Informer>
  readonly events: EventRecorder
  readonly metrics: ControllerMetrics
}

export const makeDiagnosisLog = (world: Surroundings): Effect.Effect<DiagnosisLog> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Effect.context<never>()
    const now = () => clock.currentTimeMillisUnsafe()
    const { chains, fights } = sharedBy(world.informers)
    const known = new Map<string, Known>()

    const objectOf = ({ object }: Diagnosis) =>
      world
        .sources()
        .filter(({ kind }) => object.kind === kind.kind || object.kind === `${kind.kind}.${kind.group}`)
        .map(({ lister }) => lister.get(object))
        .find((found) => found !== undefined)

    /** Whether it is worth saying now. */
    const note = (diagnosis: Diagnosis): boolean => {
      const subject = subjectOf(diagnosis)
      const before = known.get(subject)
      const nowMs = now()
      const isDue = before === undefined || nowMs >= before.sayAgainMs
      const gapMs = before === undefined ? diagnosisGapMs : Math.min(before.gapMs * 2, diagnosisGapMaxMs)
      known.delete(subject)
      known.set(subject, {
        diagnosis,
        firstMs: before?.firstMs ?? nowMs,
        lastMs: nowMs,
        count: (before?.count ?? 0) + 1,
        sayAgainMs: isDue ? nowMs + gapMs : before.sayAgainMs,
        gapMs: isDue ? gapMs : before.gapMs,
      })
      const [oldest] = known.keys()
      if (known.size > maxDiagnoses && oldest !== undefined) known.delete(oldest)
      world.metrics.diagnosed(diagnosis._tag)
      return isDue
    }

    const say = (diagnosis: Diagnosis): Effect.Effect<void> => {
      const message = diagnosisText(diagnosis)
      const object = objectOf(diagnosis)
      if (object !== undefined) {
        world.events.record(object, { type: "Warning", reason: diagnosis._tag, message })
      }
      return Effect.logWarning(message)
    }

    return {
      changed: (change) => {
        const fight = fights.changed(change, now())
        // Changes are told synchronously; what is said of them has a fiber of its own.
        if (fight !== undefined && note(fight)) Effect.runForkWith(context)(say(fight))
      },
      reconciled: (cycle) => {
        const loop = chains.reconciled(cycle)
        return loop !== undefined && note(loop) ? say(loop) : undefined
      },
      all: () =>
        [...known.values()].map(({ diagnosis, firstMs, lastMs, count }) => ({
          diagnosis,
          firstMs,
          lastMs,
          count,
        })),
    }
  })
