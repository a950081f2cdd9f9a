/** The kinds that admission is configured with, as objects: validated, and a policy's status made as it is written. */
import { equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn } from "../open-fields.ts"
import { metadataOf } from "../registry/object-meta.ts"
import type { ResourceTable } from "../resource-table.ts"
import { customStrategy, type Strategy } from "../strategy.ts"
import { bindingErrors, policyErrors } from "./policy-errors.ts"
import { registrationGroup } from "./registrations.ts"
import { typeWarnings } from "./type-checking.ts"
import { configurationErrors } from "./webhook-errors.ts"

const policiesId = `${registrationGroup}/validatingadmissionpolicies`

const plain: Strategy = { ...customStrategy, unconditionalUpdate: true }

/** How many webhooks there are. */
const webhookCells = ({ webhooks }: MutableObject): { readonly [column: number]: number } => ({
  0: Array.isArray(webhooks) ? webhooks.length : 0,
})

const configurationStrategy: Strategy = { ...plain, validate: configurationErrors, cells: webhookCells }

const generationOf = (object: MutableObject): number => {
  const { generation } = metadataOf(object)
  return typeof generation === "number" ? generation : 1
}

const setStatus = (policy: MutableObject, generation: number, resources: ResourceTable): void => {
  const expressionWarnings = typeWarnings(policy, resources).map((warning) => ({ ...warning }))
  policy.status = {
    ...objectIn(policy, "status"),
    observedGeneration: generation,
    typeChecking: expressionWarnings.length === 0 ? {} : { expressionWarnings },
  }
}

/** The generation that an update will have: defaults are no change. */
const nextGeneration = (policy: MutableObject, old: MutableObject, resources: ResourceTable): number => {
  resources.get(policiesId)?.storage.schema.applyDefaults(policy)
  const same = equal(objectIn(policy, "spec"), objectIn(old, "spec"))
  return generationOf(old) + (same ? 0 : 1)
}

const policyStrategy = (resources: ResourceTable): Strategy => ({
  ...plain,
  prepareCreate: (policy) => setStatus(policy, 1, resources),
  prepareUpdate: (policy, old, { subresource }) => {
    if (subresource === "") setStatus(policy, nextGeneration(policy, old, resources), resources)
  },
  validate: policyErrors,
})

const bindingStrategy: Strategy = { ...plain, validate: bindingErrors }

/** By `group/plural`. */
export const admissionStrategies = (
  resources: ResourceTable,
): { readonly [id: string]: Strategy | undefined } => ({
  [`${registrationGroup}/mutatingwebhookconfigurations`]: configurationStrategy,
  [`${registrationGroup}/validatingwebhookconfigurations`]: configurationStrategy,
  [policiesId]: policyStrategy(resources),
  [`${registrationGroup}/validatingadmissionpolicybindings`]: bindingStrategy,
})
