/** Namespaces that are deleted with all that is in them, while others hold some of it, and made again under the same name. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { namespaceController } from "../../../controllers/index.ts"
import { Manager } from "../../../reconciler/index.ts"
import { ConfigMap, type Kind, Namespace, Secret } from "../../../schemas/index.ts"
import type { Chance, Invariant, Observed, Program, Scenario } from "../../../simulation/index.ts"
import { simulation } from "../simulation.ts"
import { Volume, volumeDefinition } from "../volume.ts"

const kinds = [ConfigMap, Secret, Volume] as const satisfies ReadonlyArray<Kind>
const namespaces = ["red", "blue"] as const
const names = ["a", "b"] as const
const HOLD = "example.com/hold"

/** What should be there: by what users were told was done. */
interface Deeds {
  /** Each object as `namespace/plural/name`, and whether it is held. */
  readonly objects: Map<string, { readonly isHeld: boolean }>
  readonly namespaces: Set<string>
  /** Objects that are being deleted, alone or with their namespace, and held. */
  readonly holding: Set<string>
}

class History extends Context.Service<History, Deeds>()("test/simulation/NamespaceHistory") {}

const history = Layer.effect(
  History,
  Effect.sync((): Deeds => ({ objects: new Map(), namespaces: new Set(), holding: new Set() })),
)

interface Place {
  readonly namespace: string
  readonly kind: Kind
  readonly name: string
}

const idOf = ({ namespace, kind, name }: Place): string => `${namespace}/${kind.plural}/${name}`

const documentOf = ({ namespace, kind, name }: Place, isHeld: boolean) => ({
  apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
  kind: kind.kind,
  metadata: { namespace, name, finalizers: isHeld ? [HOLD] : [] },
})

/** What a user may do at any time. It is written down where the server has said that it was done. */
const actsOf = (client: Client["Service"], deeds: Deeds, chance: Chance) => {
  const namespace = chance.of(namespaces)
  const place = { namespace, kind: chance.of<Kind>(kinds), name: chance.of(names) }
  const id = idOf(place)
  const forget = (each: string) => {
    const known = deeds.objects.get(each)
    deeds.objects.delete(each)
    if (known?.isHeld === true) deeds.holding.add(each)
  }
  const makeNamespace = () =>
    client
      .create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } })
      .pipe(Effect.tap(() => Effect.sync(() => deeds.namespaces.add(namespace))))
  const dropNamespace = () =>
    client.delete(Namespace, { namespace: "", name: namespace }).pipe(
      Effect.tap(() =>
        Effect.sync(() => {
          deeds.namespaces.delete(namespace)
          for (const each of [...deeds.objects.keys()]) if (each.startsWith(`${namespace}/`)) forget(each)
        }),
      ),
    )
  const isHeld = chance.strikes(0.3)
  const make = () =>
    client
      .create(place.kind, documentOf(place, isHeld))
      .pipe(Effect.tap(() => Effect.sync(() => deeds.objects.set(id, { isHeld }))))
  const drop = () => client.delete(place.kind, place).pipe(Effect.tap(() => Effect.sync(() => forget(id))))
  return [makeNamespace, make, make, make, make, drop, dropNamespace] as const
}

/** Whoever holds it has seen to what it held it for. */
const letGo = (client: Client["Service"], deeds: Deeds) =>
  Effect.forEach(namespaces, (namespace) =>
    Effect.forEach(kinds, (kind) =>
      Effect.forEach(names, (name) => {
        const place = { namespace, kind, name }
        if (!deeds.holding.delete(idOf(place))) return Effect.void
        const patch = { type: "merge", value: { metadata: { finalizers: null } } } as const
        return Effect.ignore(client.patch<never>(kind as Kind<never>, place, { patch }))
      }),
    ),
  )

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  const deeds = yield* History
  for (let step = 0; step < 30; step++) {
    const act = chance.of<() => Effect.Effect<unknown, unknown>>(actsOf(client, deeds, chance))
    yield* Effect.ignore(act())
    if (chance.strikes(0.1)) yield* letGo(client, deeds)
    yield* Effect.sleep(chance.of([1, 5, 100, 3_000]))
  }
  yield* letGo(client, deeds)
})

const namespacesOf = ({ list }: Observed<History>): ReadonlySet<string> =>
  new Set(list(Namespace).map(({ metadata }) => metadata.name))

const contentOf = ({ list }: Observed<History>): ReadonlyArray<string> =>
  kinds.flatMap((kind) =>
    list<{ readonly apiVersion: string; readonly kind: string; readonly metadata: Volume["metadata"] }>(
      kind as Kind<never>,
    )
      .filter(({ metadata }) => namespaces.some((namespace) => namespace === metadata.namespace))
      .map(({ metadata }) => idOf({ namespace: metadata.namespace ?? "", kind, name: metadata.name })),
  )

const nothingOutside: Invariant<History> = {
  name: "no object outlives its namespace",
  always: (state) => {
    const there = namespacesOf(state)
    const outside = contentOf(state).find((id) => !there.has(id.slice(0, id.indexOf("/"))))
    return outside === undefined ? undefined : `${outside} is there, and its namespace is not`
  },
}

const justWhatWasMade: Invariant<History> = {
  name: "what was deleted, or was in a namespace that was, is gone, and all else is there",
  eventually: (state) => {
    const deeds = Context.get(state.environment, History)
    const wanted = [...deeds.namespaces, ...deeds.objects.keys()].sort()
    const own = namespaces.filter((namespace) => namespacesOf(state).has(namespace))
    const found = [...own, ...contentOf(state)].sort()
    return wanted.join() === found.join()
      ? undefined
      : `wanted: ${wanted.join(", ")}; found: ${found.join(", ")}`
  },
}

const programs: ReadonlyArray<Program<History>> = [
  { name: "namespaces", run: Manager.start({ controllers: [namespaceController] }) },
]

const scenario: Scenario<History> = {
  name: "namespace",
  definitions: [volumeDefinition],
  environment: history,
  users,
  invariants: [nothingOutside, justWhatWasMade],
  platform: false,
}

export const main = simulation(programs, scenario)
