/**
 * What a server serves now, by its own word: the kinds and their verbs. Start with {@link Discovery}.
 *
 * One request where the server knows aggregated discovery (KEP-3352), else one for each group version.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Json, JsonObject, Kind } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import { exchange } from "./exchange.ts"
import { isJsonObject } from "./response.ts"
import type { Transport } from "./transport.ts"

/** One version of one resource. */
export interface ApiResource {
  readonly kind: Kind
  readonly verbs: ReadonlySet<string>
  /** Lower case; what people type for one. */
  readonly singular: string
  readonly shortNames: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  /** The first served version of its group and plural: one object is seen once through these. */
  readonly isPreferred: boolean
}

/** Fails where any part of the answer is missing: what is not listed is not served. */
export class Discovery extends Context.Service<
  Discovery,
  { readonly resources: Effect.Effect<ReadonlyArray<ApiResource>, ApiError> }
>()("client/Discovery") {}

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.9"

export const makeDiscovery = (transport: Transport): Discovery["Service"] => {
  const read = (path: string) =>
    exchange(transport, {
      call: { method: "GET", path },
      headers: { accept: aggregated },
      parse: (answer) => answer,
    })
  const resources = Effect.forEach(
    ["/api", "/apis"],
    (root) =>
      Effect.flatMap(read(root), (answer) =>
        answer.kind === "APIGroupDiscoveryList"
          ? Effect.succeed(parseAggregated(answer))
          : Effect.map(
              Effect.forEach(groupVersionsOf(answer), (path) => read(path), { concurrency: 8 }),
              (lists) => lists.flatMap(parseResourceList),
            ),
      ),
    { concurrency: 2 },
  )
  return Discovery.of({ resources: Effect.map(resources, (parts) => withPreference(parts.flat())) })
}

export const discoveryLayer = (transport: Transport): Layer.Layer<Discovery> =>
  Layer.succeed(Discovery, makeDiscovery(transport))

type Found = Omit<ApiResource, "isPreferred">

const withPreference = (found: ReadonlyArray<Found>): ReadonlyArray<ApiResource> => {
  const seen = new Set<string>()
  return found.map((resource) => {
    const id = `${resource.kind.group}/${resource.kind.plural}`
    const isPreferred = !seen.has(id)
    seen.add(id)
    return { ...resource, isPreferred }
  })
}

const objectsIn = (value: Json | undefined): ReadonlyArray<JsonObject> =>
  Array.isArray(value) ? value.filter(isJsonObject) : []

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

const textsOf = (value: Json | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((text) => typeof text === "string") : []

/** What people may type, from the JSON of either form. */
const wordsOf = (resource: JsonObject, kind: string) => ({
  singular: textOf(resource.singularResource ?? resource.singularName) || kind.toLowerCase(),
  shortNames: textsOf(resource.shortNames),
  categories: textsOf(resource.categories),
})

const parseAggregated = ({ items }: JsonObject): ReadonlyArray<Found> =>
  objectsIn(items).flatMap(({ metadata, versions }) =>
    objectsIn(versions).flatMap(({ version, resources }) =>
      objectsIn(resources).map((found) => {
        const { resource, responseKind, scope, verbs } = found
        const kind = isJsonObject(responseKind) ? textOf(responseKind.kind) : ""
        return {
          kind: {
            group: isJsonObject(metadata) ? textOf(metadata.name) : "",
            version: textOf(version),
            kind,
            plural: textOf(resource),
            namespaced: scope === "Namespaced",
          },
          verbs: new Set(textsOf(verbs)),
          ...wordsOf(found, kind),
        }
      }),
    ),
  )

/** The paths of the group versions in an APIVersions or an APIGroupList, the preferred version of each group first. */
const groupVersionsOf = (answer: JsonObject): ReadonlyArray<string> =>
  answer.kind === "APIVersions"
    ? (Array.isArray(answer.versions) ? answer.versions : []).map((version) => `/api/${textOf(version)}`)
    : objectsIn(answer.groups).flatMap(({ versions, preferredVersion }) => {
        const preferred = isJsonObject(preferredVersion) ? textOf(preferredVersion.groupVersion) : ""
        const served = objectsIn(versions).map(({ groupVersion }) => textOf(groupVersion))
        return [preferred, ...served.filter((name) => name !== preferred)]
          .filter((name) => name !== "")
          .map((name) => `/apis/${name}`)
      })

const parseResourceList = ({ groupVersion, resources }: JsonObject): ReadonlyArray<Found> => {
  const [first = "", second] = textOf(groupVersion).split("/")
  const group = second === undefined ? "" : first
  const version = second ?? first
  return objectsIn(resources)
    .filter(({ name }) => !textOf(name).includes("/"))
    .map((found) => {
      const { name, kind, namespaced, verbs } = found
      return {
        kind: { group, version, kind: textOf(kind), plural: textOf(name), namespaced: namespaced === true },
        verbs: new Set(textsOf(verbs)),
        ...wordsOf(found, textOf(kind)),
      }
    })
}
