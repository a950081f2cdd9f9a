/** The built-in kinds as resources: those that are stored, and those that are views of them under another name. */
import type { ResourceDefinition } from "../schemas/index.ts"
import { eventTwin, eventTwinId, storedEventsId } from "./events/event-resource.ts"
import { podResource, podsId, sandboxesId } from "./pods/pod-resource.ts"
import { Resource } from "./resource.ts"
import { builtinStrategy } from "./strategies/strategies.ts"
import type { Strategy } from "./strategy.ts"

type MakeFacade = (definition: ResourceDefinition, stored: Resource, strategy: Strategy) => Resource

interface FacadeRow {
  /** What it is a view of: without that it is not served. */
  readonly of: string
  readonly make: MakeFacade
}

const facades: { readonly [id: string]: FacadeRow } = {
  [podsId]: { of: sandboxesId, make: podResource },
  [eventTwinId]: { of: storedEventsId, make: eventTwin },
}

const idOf = ({ group, names }: ResourceDefinition): string => `${group}/${names.plural}`

const facadeOf = (id: string): FacadeRow | undefined => (Object.hasOwn(facades, id) ? facades[id] : undefined)

/** `strategyOf` says which kinds are not treated as `strategies/` has it. Fails when a definition cannot be served. */
export const builtInResources = (
  definitions: ReadonlyArray<ResourceDefinition>,
  strategyOf: (id: string) => Strategy | undefined,
): ReadonlyArray<Resource> => {
  const stored = definitions
    .filter((definition) => facadeOf(idOf(definition)) === undefined)
    .map((definition) => {
      const id = idOf(definition)
      return new Resource(definition, { origin: "builtin", strategy: strategyOf(id) ?? builtinStrategy(id) })
    })
  const views = definitions.flatMap((definition) => {
    const id = idOf(definition)
    const facade = facadeOf(id)
    const source = stored.find((resource) => resource.id === facade?.of)
    return facade === undefined || source === undefined
      ? []
      : [facade.make(definition, source, builtinStrategy(id))]
  })
  return [...stored, ...views]
}
