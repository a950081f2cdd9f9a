/** Empties a namespace that was deleted, and lets it go. */
import { Effect } from "effect"
import { type ApiError, Client, type Discovery, isReason } from "../../client/index.ts"
import { type Request, Result } from "../../reconciler/index.ts"
import { Namespace } from "../../schemas/index.ts"
import { namespaceContentWait, namespacePassesMax } from "../limits.ts"
import { apply } from "./apply.ts"
import { observe } from "./observe.ts"
import { isTerminating, plan } from "./plan.ts"

export const reconcileNamespace = Effect.fnUntraced(function* ({
  name,
}: Request): Effect.fn.Return<Result, ApiError, Client | Discovery> {
  const client = yield* Client
  const read = client
    .get(Namespace, { namespace: "", name })
    .pipe(Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined)))
  let undeleted: ReadonlyArray<string> = []
  for (let pass = 0; pass < namespacePassesMax; pass++) {
    const namespace = yield* read
    if (namespace === undefined || !isTerminating(namespace)) return Result.Done()
    const observed = yield* observe(namespace)
    const { discovery, content } = observed.failures
    const actions = plan({ ...observed, failures: { discovery, content: [...content, ...undeleted] } })
    undeleted = []
    for (const action of actions) {
      if (action._tag === "Wait") return Result.RequeueAfter({ delay: namespaceContentWait })
      undeleted = [...undeleted, ...(yield* apply(namespace, action))]
    }
  }
  return Result.RequeueAfter({ delay: namespaceContentWait })
})
