/**
 * Bookings that may not overlap: a mutating and a validating webhook, and no controller.
 *
 * A webhook sees what was there when it was asked. Two bookings at the very same time can both be let in: where that must not
 * be, a controller has to settle it afterwards.
 */
import { Effect } from "effect"
import { Client } from "miren/client"
import { serveWebhooks, Webhooks } from "miren/reconciler/webhooks"
import { Booking } from "./generated/booking.gen.ts"
import { problemOf, withEnd } from "./rules.ts"

export const operator = Effect.gen(function* () {
  const client = yield* Client
  const bookings = (namespace: string) =>
    Effect.runPromise(Effect.map(client.list(Booking, { namespace }), ({ items }) => items))
  return yield* serveWebhooks({
    name: "bookings.examples.miren.dev",
    webhooks: [
      Webhooks.mutating(Booking, withEnd),
      Webhooks.validating(Booking, async ({ object }) => {
        if (object === undefined) return undefined
        const problem = problemOf(object, await bookings(object.metadata.namespace ?? ""))
        return problem === undefined ? { allowed: true } : { allowed: false, message: problem }
      }),
    ],
  })
})
