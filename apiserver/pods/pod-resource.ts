/** core/v1 Pods as they are served: Sandboxes under another name. Start with {@link podResource}. */
import type { ResourceDefinition } from "../../schemas/index.ts"
import { Resource } from "../resource.ts"
import { customStrategy, type Strategy } from "../strategy.ts"
import { podCells } from "./pod-cells.ts"
import { podOfSandbox } from "./pod-of-sandbox.ts"

export const podsId = "/pods"
export const sandboxesId = "compute.miren.dev/sandboxes"

const podStrategy: Strategy = { ...customStrategy, unconditionalUpdate: true }

/** The resource of Pods over that of Sandboxes. */
export const podResource = (definition: ResourceDefinition, sandboxes: Resource): Resource =>
  new Resource(definition, {
    origin: "builtin",
    strategy: podStrategy,
    facade: { of: sandboxes, view: podOfSandbox, cells: podCells },
  })
