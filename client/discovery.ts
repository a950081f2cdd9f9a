/**
 * What a server serves now, by its own word: the kinds and their verbs. Start with {@link Discovery}.
 *
 * One request where the server knows aggregated discovery (KEP-3352), else one for each group version.
 */
import { Context, Effect, Layer } from "effect"
import type { Json, JsonObject, Kind } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import { exchange } from "./exchange.ts"
import { isJsonObject } from "./response.ts"
import type { Transport } from "./transport.ts"

/** One version of one resource. */
export interface ApiResource {
  readonly kind: Kind
  readonly verbs: ReadonlySet<string>
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
  const resources = Effect.forEach(["/api", "/apis"], (root) =>
    Effect.flatMap(read(root), (answer) =>
      answer.kind === "APIGroupDiscoveryList"
        ? Effect.succeed(parseAggregated(answer))
        : Effect.map(
            Effect.forEach(groupVersionsOf(answer), (path) => read(path)),
            (lists) => lists.flatMap(parseResourceList),
          ),
    ),
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

const verbsOf = (value: Json | undefined): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? value.filter((verb) => typeof verb === "string") : [])

const parseAggregated = ({ items }: JsonObject): ReadonlyArray<Found> =>
  objectsIn(items).flatMap(({ metadata, versions }) =>
    objectsIn(versions).flatMap(({ version, resources }) =>
      objectsIn(resources).map(({ resource, responseKind, scope, verbs }) => ({
        kind: {
          group: isJsonObject(metadata) ? textOf(metadata.name) : "",
          version: textOf(version),
          kind: isJsonObject(responseKind) ? textOf(responseKind.kind) : "",
          plural: textOf(resource),
          namespaced: scope === "Namespaced",
        },
        verbs: verbsOf(verbs),
      })),
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
    .map(({ name, kind, namespaced, verbs }) => ({
      kind: { group, version, kind: textOf(kind), plural: textOf(name), namespaced: namespaced === true },
      verbs: verbsOf(verbs),
    }))
}
