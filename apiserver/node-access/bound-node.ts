/** The edges of the graph: which node a Sandbox is bound to, read from the cache when it is asked. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { BoundNode } from "./node-authorizer.ts"

export const sandboxesId = "compute.miren.dev/sandboxes"

/** The node in the spec of a Sandbox, or of a Pod; "" while it is bound to none. */
export const nodeInSpec = ({ spec }: MutableObject): string =>
  isObject(spec) ? stringOf(spec, "nodeName") : ""

export const boundNode =
  (context: RegistryContext): BoundNode =>
  ({ namespace, name }) => {
    const resource = context.resources.get(sandboxesId)
    const found = resource && context.cache.find(resource)?.get(resource.key(namespace, name))
    return found === undefined ? undefined : nodeInSpec(decodeDocument(found.bytes))
  }
