/** A webhook of a configuration, compiled. */
import type { MutableObject } from "../machinery.ts"
import { objectIn, objectsIn } from "../open-fields.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import { type ClientConfig, clientConfigOf } from "./client-config.ts"
import { type Constraint, constraintOf } from "./constraint.ts"
import { limits } from "./limits.ts"
import { conditionScope, type MatchConditions, matchConditionsOf } from "./match-conditions.ts"

export interface Webhook {
  readonly name: string
  readonly configuration: string
  readonly constraint: Constraint
  /** Undefined: it cannot be called. */
  readonly client: ClientConfig | undefined
  readonly failurePolicy: "Fail" | "Ignore"
  readonly sideEffects: string
  readonly timeoutSeconds: number
  readonly reinvokes: boolean
  readonly conditions: MatchConditions
}

const webhookOf = (webhook: MutableObject, configuration: string): Webhook => ({
  name: stringOf(webhook, "name"),
  configuration,
  constraint: constraintOf(webhook, "rules", "nothing"),
  client: clientConfigOf(objectIn(webhook, "clientConfig") ?? {}),
  failurePolicy: stringOf(webhook, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
  sideEffects: stringOf(webhook, "sideEffects"),
  timeoutSeconds:
    typeof webhook.timeoutSeconds === "number" ? webhook.timeoutSeconds : limits.timeoutSecondsDefault,
  reinvokes: stringOf(webhook, "reinvocationPolicy") === "IfNeeded",
  conditions: matchConditionsOf(objectsIn(webhook, "matchConditions"), conditionScope(false)),
})

/** The webhooks of a configuration object, in its order. */
export const webhooksOf = (configuration: MutableObject): ReadonlyArray<Webhook> =>
  objectsIn(configuration, "webhooks").map((webhook) => webhookOf(webhook, nameOf(configuration)))
