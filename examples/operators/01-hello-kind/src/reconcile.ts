/** observe → plan → apply for one Greeting. It may be cut at any point, and is run again until nothing is left to do. */
import { Clock, Effect } from "effect"
import { Controller, Informers, makeApplier, type Request, Result, rfc3339 } from "miren/reconciler"
import { ConfigMap } from "miren/schemas"
import { Greeting } from "./generated/greeting.gen.ts"
import { pageName, plan } from "./plan.ts"

export const greetingController = Effect.gen(function* () {
  const informers = yield* Informers
  const greetings = yield* informers.get(Greeting)
  const configMaps = yield* informers.get(ConfigMap)
  const { apply, applyStatus } = yield* makeApplier("my-operator")

  const observe = Effect.fnUntraced(function* (greeting: Greeting) {
    const { namespace = "" } = greeting.metadata
    const page = configMaps.lister.get({ namespace, name: pageName(greeting) })
    return { greeting, page, now: rfc3339(yield* Clock.currentTimeMillis) }
  })

  const reconcile = Effect.fnUntraced(function* (request: Request) {
    const greeting = greetings.lister.get(request)
    // It has gone, or is going: what it owns goes with it, by garbage collection.
    if (greeting === undefined || greeting.metadata.deletionTimestamp !== undefined) return Result.Done()
    const observed = yield* observe(greeting)
    const { page, status } = plan(observed)
    if (page !== undefined) yield* apply(ConfigMap, page, observed.page)
    yield* applyStatus(Greeting, greeting, status)
    return Result.Done()
  })

  return Controller.make({ name: "my-operator", for: Greeting, owns: [ConfigMap], concurrency: 4, reconcile })
})
