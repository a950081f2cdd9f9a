/** A client whose lists and watches give the metadata that the owner graph needs, and no content: a whole cluster fits in memory. */
import { Effect, Stream } from "effect"
import type { Client } from "../../client/index.ts"
import type { KubeObject } from "../../schemas/index.ts"

/** Only for kinds of which nothing but metadata is asked: the objects are not what their type says. */
export const metadataClient = (client: Client["Service"]): Client["Service"] => ({
  ...client,
  list: (kind, options) =>
    Effect.map(client.list(kind, options), (list) => ({ ...list, items: list.items.map(trim) })),
  watch: (kind, options) =>
    Stream.map(client.watch(kind, options), (event) =>
      event.type === "BOOKMARK" ? event : { ...event, object: trim(event.object) },
    ),
})

const trim = <T extends KubeObject>({ apiVersion, kind, metadata }: T): T => {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences } = metadata
  const kept: KubeObject = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  }
  return kept as T
}
