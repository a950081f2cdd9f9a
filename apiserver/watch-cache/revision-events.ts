/** The events of one past revision: what somebody may have been told a part of when the server before this one ended. */
import type { Store, StoreEvent } from "../../store/index.ts"
import { storagePrefix } from "../resource.ts"

/**
 * In order; none where the revision is not ours, or is compacted: then nobody can tell. Rejects with the StoreError of a watch
 * that ended for another reason.
 */
export const eventsOfRevision = (
  store: Pick<Store, "watch">,
  revision: bigint,
): Promise<ReadonlyArray<StoreEvent>> =>
  new Promise((resolve, reject) => {
    const settle = (events: ReadonlyArray<StoreEvent>): void => {
      watch.close()
      resolve(events)
    }
    const watch = store.watch(
      { prefix: storagePrefix, from: revision },
      {
        // A store never splits a revision over two calls.
        events: (events) => settle(events.filter(({ kv }) => kv.modRevision === revision)),
        progress: (reached) => {
          if (reached >= revision) settle([])
        },
        ended: (error) => {
          if (error.reason === "Compacted") settle([])
          else reject(error)
        },
      },
    )
    watch.requestProgress()
  })
