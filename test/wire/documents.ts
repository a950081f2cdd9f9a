/** What the tests of the wire send, and how they read what comes back. */
import {
  type Answer,
  at,
  crds,
  type WatchedEvent,
  type World,
  widgetsCrd,
} from "../../apiserver/test-world.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"

export {
  type Answer,
  at,
  configMap,
  configMaps,
  crds,
  type WatchedEvent,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "../../apiserver/test-world.ts"

/** `ADDED a`: type and name of events. */
export const told = (events: ReadonlyArray<WatchedEvent | undefined>): ReadonlyArray<string | undefined> =>
  events.map((event) => event && `${event.type} ${at(event.object, "metadata.name")}`)

export const versionOf = (object: JsonObject | undefined): string =>
  String(at(object, "metadata.resourceVersion"))

/** The items of a list. */
export const itemsOf = ({ json }: Answer): ReadonlyArray<JsonObject> =>
  (json.items ?? []) as unknown as JsonObject[]

export const namesOf = (answer: Answer): ReadonlyArray<Json | undefined> =>
  itemsOf(answer).map((item) => at(item, "metadata.name"))

/** The causes of a Status. */
export const causesOf = ({ json }: Answer): ReadonlyArray<JsonObject> =>
  (at(json, "details.causes") ?? []) as unknown as JsonObject[]

/** What a refusal comes down to. */
export const refusal = ({ status, json }: Answer): readonly [number, Json | undefined, Json | undefined] => [
  status,
  json.reason,
  json.message,
]

/** Serves widgets.example.com. */
export const defineWidgets = async (
  world: World,
  options: Parameters<typeof widgetsCrd>[0] = {},
): Promise<JsonObject> => {
  const { status, json, text } = await world.post(crds, widgetsCrd(options))
  if (status !== 201) throw new Error(text)
  return json
}

/** Objects of one kind, made in order; the names are their last words. */
export const makeConfigMaps = async (world: World, names: ReadonlyArray<string>): Promise<void> => {
  for (const name of names) {
    const { status, text } = await world.post("/api/v1/namespaces/default/configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
    })
    if (status !== 201) throw new Error(text)
  }
}

/** Settles when the server acts by everything written so far: authorization and fairness follow the watch of the store. */
export const settled = async (world: World): Promise<void> => {
  await world.get("/api/v1/namespaces")
}

/** Forgets the past of the store, up to its newest revision. */
export const compactAll = async (world: World): Promise<void> => {
  const { revision } = await world.store.get("/registry/~")
  await world.store.compact(revision)
}
