/** The crews of example 02 by replicas that take turns: one leads, the others wait. */
import { Effect } from "effect"
import { Manager } from "miren/reconciler"
import { crewController } from "../../02-owns-children/src/operator.ts"

/** One replica. Its identity tells it from the others: in a cluster, the pod's name. */
export const replica = (identity?: string) =>
  Effect.flatMap(crewController, (crews) =>
    Manager.start({
      controllers: [crews],
      leaderElection: {
        name: "crew-operator",
        namespace: "default",
        ...(identity === undefined ? {} : { identity }),
      },
    }),
  )

export const operator = replica()
