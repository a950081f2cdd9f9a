/** The operator: its controllers, running as long as the Scope is open. Replicas take turns by leader election. */
import { Effect } from "effect"
import { Manager } from "miren/reconciler"
import { greetingController } from "./reconcile.ts"

export const operator = Effect.gen(function* () {
  return yield* Manager.start({
    controllers: [yield* greetingController],
    leaderElection: { name: "my-operator", namespace: "default" },
  })
})
