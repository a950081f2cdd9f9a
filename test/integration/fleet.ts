/** A toy kind and its controller: a Fleet owns as many ConfigMaps as it says, and counts them in its status. */
import { Effect } from "effect"
import { Client } from "../../client/index.ts"
import {
  Controller,
  controllerReference,
  finalized,
  Informers,
  isControlledBy,
  makeApplier,
  type Request,
  Result,
  setCondition,
} from "../../reconciler/index.ts"
import {
  type Condition,
  ConfigMap,
  type CustomResourceDefinition,
  type Kind,
  type ObjectMeta,
} from "../../schemas/index.ts"

export interface Fleet {
  readonly apiVersion: "example.com/v1"
  readonly kind: "Fleet"
  readonly metadata: ObjectMeta
  readonly spec: { readonly size: number }
  readonly status?: { readonly ready: number; readonly conditions?: ReadonlyArray<Condition> }
}

export const Fleet: Kind<Fleet> = {
  group: "example.com",
  version: "v1",
  kind: "Fleet",
  plural: "fleets",
  namespaced: true,
}

const condition = {
  type: "object",
  required: ["type"],
  properties: {
    type: { type: "string" },
    status: { type: "string" },
    reason: { type: "string" },
    message: { type: "string" },
    lastTransitionTime: { type: "string", format: "date-time" },
    observedGeneration: { type: "integer" },
  },
} as const

export const fleetDefinition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "fleets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "fleets", singular: "fleet", kind: "Fleet", listKind: "FleetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", properties: { size: { type: "integer", minimum: 0 } } },
              status: {
                type: "object",
                properties: {
                  ready: { type: "integer" },
                  conditions: {
                    type: "array",
                    items: condition,
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["type"],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

export const fleet = (name: string, size: number): Fleet => ({
  apiVersion: "example.com/v1",
  kind: "Fleet",
  metadata: { name, namespace: "default" },
  spec: { size },
})

export const fleetController = Effect.gen(function* () {
  const client = yield* Client
  const informers = yield* Informers
  const fleets = yield* informers.get(Fleet)
  const maps = yield* informers.get(ConfigMap)
  const { apply, applyStatus } = yield* makeApplier("fleet")

  const converge = Effect.fnUntraced(function* (owner: Fleet) {
    const { name, namespace = "", generation } = owner.metadata
    const owned = maps.lister.list(namespace).filter((map) => isControlledBy(map, owner))
    const wanted = Array.from({ length: owner.spec.size }, (_, i) => `${name}-${i}`)
    for (const map of wanted) {
      const observed = owned.find(({ metadata }) => metadata.name === map)
      const ownerReferences = [controllerReference(Fleet, owner)]
      const metadata = { name: map, namespace, ownerReferences }
      yield* apply(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { of: name } }, observed)
    }
    for (const { metadata } of owned) {
      if (!wanted.includes(metadata.name)) yield* client.delete(ConfigMap, { namespace, name: metadata.name })
    }
    const isReady = owned.length === wanted.length
    const conditions = setCondition(
      owner.status?.conditions,
      {
        type: "Ready",
        status: isReady ? "True" : "False",
        reason: isReady ? "AllThere" : "Converging",
        message: `${owned.length} of ${wanted.length}`,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
      },
      "2026-01-01T00:00:00Z",
    )
    yield* applyStatus(Fleet, owner, { ready: owned.length, conditions })
    return Result.Done()
  })

  const release = Effect.fnUntraced(function* (owner: Fleet) {
    const { namespace = "" } = owner.metadata
    const owned = maps.lister.list(namespace).filter((map) => isControlledBy(map, owner))
    for (const { metadata } of owned) yield* client.delete(ConfigMap, { namespace, name: metadata.name })
    return Result.Done()
  })

  return Controller.make({
    name: "fleet",
    for: Fleet,
    owns: [ConfigMap],
    concurrency: 2,
    reconcile: (request: Request) => {
      const found = fleets.lister.get(request)
      if (found === undefined) return Effect.succeed(Result.Done())
      const finalizer = "example.com/fleet"
      return finalized({ kind: Fleet, finalizer, converge, release }, found)
    },
  })
})
