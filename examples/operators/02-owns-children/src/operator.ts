/** A Crew owns as many seats (ConfigMaps) as it says. They are named, so that making one twice makes one. */
import { Clock, Effect } from "effect"
import { Client, isReason } from "miren/client"
import {
  Controller,
  controllerReference,
  Informers,
  Manager,
  makeApplier,
  type Request,
  Result,
  rfc3339,
  setCondition,
} from "miren/reconciler"
import { ConfigMap } from "miren/schemas"
import { Crew } from "./generated/crew.gen.ts"
import { plan } from "./plan.ts"

const name = "crew-operator"

export const crewController = Effect.gen(function* () {
  const client = yield* Client
  const informers = yield* Informers
  const crews = yield* informers.get(Crew)
  const seats = yield* informers.get(ConfigMap)
  const { apply, applyStatus } = yield* makeApplier(name)

  const seatOf = (crew: Crew, seat: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: seat,
      namespace: crew.metadata.namespace ?? "",
      ownerReferences: [controllerReference(Crew, crew)],
    },
    data: { crew: crew.metadata.name },
  })

  const reconcile = Effect.fnUntraced(function* (request: Request) {
    const crew = crews.lister.get(request)
    if (crew === undefined || crew.metadata.deletionTimestamp !== undefined) return Result.Done()
    const { namespace } = request
    const { wanted, surplus, present } = plan(crew, seats.lister.list(namespace))
    for (const seat of wanted) {
      yield* apply(ConfigMap, seatOf(crew, seat), seats.lister.get({ namespace, name: seat }))
    }
    for (const { metadata } of surplus) {
      // By uid: never a later one of the same name.
      const preconditions = metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } }
      yield* client
        .delete(ConfigMap, { namespace, name: metadata.name }, preconditions)
        .pipe(Effect.catchIf(isReason("NotFound", "Conflict"), () => Effect.void))
    }
    const isReady = present === wanted.length && surplus.length === 0
    const { generation } = crew.metadata
    const ready = {
      type: "Ready",
      status: isReady ? ("True" as const) : ("False" as const),
      reason: isReady ? "Complete" : "Filling",
      message: `${present} of ${wanted.length} seats`,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    const conditions = setCondition(crew.status?.conditions, ready, rfc3339(yield* Clock.currentTimeMillis))
    yield* applyStatus(Crew, crew, { seats: present, conditions })
    return Result.Done()
  })
  return Controller.make({ name, for: Crew, owns: [ConfigMap], concurrency: 4, reconcile })
})

export const operator = Effect.flatMap(crewController, (crews) => Manager.start({ controllers: [crews] }))
