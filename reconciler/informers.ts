/** The informers of a process, shared: one per kind, selection and fields, running while somebody holds it. */
import { Context, Effect, Layer, RcMap, type Scope } from "effect"
import { Client, type Written } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import type { AdmissionOptions, Validate } from "./admission.ts"
import type { Held } from "./field-projection.ts"
import { type Informer, type InformerOptions, makeInformer, selectionOf } from "./informer.ts"
import type { Selection } from "./informer-core.ts"

export interface InformersShape {
  /** The informer of this kind, selection, fields and check, held while the Scope is open. Indexes of all who ask are added to it. */
  readonly get: <T extends KubeObject, const F extends string = string>(
    kind: Kind<T>,
    options?: InformerOptions<T, F>,
  ) => Effect.Effect<Informer<Held<T, F>>, never, Scope.Scope>
  /** All that run now. */
  readonly running: () => ReadonlyArray<Informer>
  /** Those that have yet to show a write. */
  readonly behind: (written: Written) => ReadonlyArray<Informer>
}

export class Informers extends Context.Service<Informers, InformersShape>()("reconciler/Informers") {
  /** `idleTimeout` holds for informers whose options do not say. */
  static readonly layer = (
    options: Pick<InformerOptions, "idleTimeout"> = {},
  ): Layer.Layer<Informers, never, Client> => Layer.effect(Informers, make(options))
}

const sameResource = (a: Kind, b: Kind): boolean => a.group === b.group && a.plural === b.plural

/** Functions have no text that tells them apart: each gets a number. */
const numbers = new WeakMap<object, number>()
let lastNumber = 0
const numberOf = (validate: Validate | undefined): number => {
  if (validate === undefined) return 0
  const known = numbers.get(validate)
  if (known !== undefined) return known
  lastNumber += 1
  numbers.set(validate, lastNumber)
  return lastNumber
}

const keyOfInformer = (kind: Kind, selection: Selection, { fields, validate }: AdmissionOptions): string =>
  JSON.stringify([
    kind.group,
    kind.version,
    kind.plural,
    selection.namespace ?? "",
    selection.labelSelector ?? "",
    selection.fieldSelector ?? "",
    fields === undefined ? null : [...new Set(fields)].sort(),
    numberOf(validate),
  ])

interface Wanted {
  readonly kind: Kind
  readonly options: InformerOptions
}

const make = Effect.fnUntraced(function* (defaults: Pick<InformerOptions, "idleTimeout">) {
  const client = yield* Client
  const running = new Set<Informer>()
  const wanted = new Map<string, Wanted>()

  const start = Effect.fnUntraced(function* (key: string) {
    const asked = wanted.get(key)
    if (asked === undefined) return yield* Effect.die(new Error(`nobody asked for informer ${key}`))
    return yield* Effect.acquireRelease(
      Effect.tap(makeInformer(asked.kind, asked.options), (informer) =>
        Effect.sync(() => running.add(informer)),
      ),
      (informer) => Effect.sync(() => running.delete(informer)),
    ).pipe(Effect.provideService(Client, client))
  })
  const shared = yield* RcMap.make({ lookup: start })

  const get = Effect.fnUntraced(function* <T extends KubeObject, const F extends string = string>(
    kind: Kind<T>,
    options: InformerOptions<T, F> = {},
  ): Effect.fn.Return<Informer<Held<T, F>>, never, Scope.Scope> {
    const key = keyOfInformer(kind, selectionOf(options), options)
    const { indexes, ...selection } = options
    wanted.set(key, { kind, options: { ...defaults, ...selection } })
    // The key names the kind, so the informer under it holds objects of that kind.
    const informer = (yield* RcMap.get(shared, key)) as unknown as Informer<Held<T, F>>
    informer.addIndexes(indexes ?? {})
    return informer
  })

  return Informers.of({
    get,
    running: () => [...running],
    behind: (written) =>
      [...running].filter(
        (informer) => sameResource(informer.kind, written.kind) && !informer.hasSeen(written),
      ),
  })
})
