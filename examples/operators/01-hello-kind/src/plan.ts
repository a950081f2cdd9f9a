/** What is next for a Greeting: a pure function of what was observed. Everything worth deciding is here, and tested as a table. */
import type { ApplyConfiguration } from "miren/client"
import { controllerReference, isControlledBy, setCondition } from "miren/reconciler"
import type { ConfigMap } from "miren/schemas"
import { Greeting, type GreetingStatus } from "./generated/greeting.gen.ts"

export interface Observed {
  readonly greeting: Greeting
  /** The ConfigMap of the page's name, whoever made it. */
  readonly page: ConfigMap | undefined
  /** RFC 3339. */
  readonly now: string
}

export interface Plan {
  /** The page as it has to be; undefined where there is nothing to write. */
  readonly page: ApplyConfiguration<ConfigMap> | undefined
  readonly status: GreetingStatus
}

export const pageName = ({ metadata }: Greeting): string => `${metadata.name}-page`

export const plan = (observed: Observed): Plan => {
  const { greeting, page } = observed
  // A ConfigMap of that name that somebody else made is not ours to overwrite.
  if (page !== undefined && !isControlledBy(page, greeting)) {
    return {
      page: undefined,
      status: statusOf(observed, "NotOurs", `ConfigMap ${pageName(greeting)} belongs to others`),
    }
  }
  return { page: pageOf(greeting), status: statusOf(observed, "Written", "the page is as it should be") }
}

const pageOf = (greeting: Greeting): ApplyConfiguration<ConfigMap> => {
  const { namespace = "" } = greeting.metadata
  const { text, times = 1 } = greeting.spec
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: pageName(greeting),
      namespace,
      ownerReferences: [controllerReference(Greeting, greeting)],
    },
    data: { text: Array.from({ length: times }, () => text).join("\n") },
  }
}

const statusOf = ({ greeting, now }: Observed, reason: string, message: string): GreetingStatus => {
  const isReady = reason === "Written"
  const { generation } = greeting.metadata
  const ready = {
    type: "Ready",
    status: isReady ? ("True" as const) : ("False" as const),
    reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  return {
    ...(isReady ? { page: pageName(greeting) } : {}),
    conditions: setCondition(greeting.status?.conditions, ready, now),
  }
}
