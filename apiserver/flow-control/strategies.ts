/** FlowSchemas and PriorityLevelConfigurations as objects. Source: apis/flowcontrol/validation. */
import { isObject } from "../body-object.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import type { Strategy } from "../strategy.ts"

const error = (field: string, type: FieldError["type"], detail: string): FieldError => ({
  field,
  type,
  detail,
})

const specOf = (object: MutableObject): MutableObject => (isObject(object.spec) ? object.spec : {})

const ruleErrors = (schema: MutableObject): ReadonlyArray<FieldError> => {
  const { rules } = specOf(schema)
  return (Array.isArray(rules) ? rules : []).flatMap((rule, index): ReadonlyArray<FieldError> => {
    if (!isObject(rule) || rule.resourceRules !== undefined || rule.nonResourceRules !== undefined) return []
    const why = "at least one of resourceRules and nonResourceRules has to be non-empty"
    return [error(`spec.rules[${index}]`, "FieldValueRequired", `Required value: ${why}`)]
  })
}

const levelErrors = (level: MutableObject): ReadonlyArray<FieldError> => {
  const { type, limited, exempt } = specOf(level)
  if (type === "Exempt" && isObject(limited)) {
    const why = "must be nil if the type is not Limited"
    return [error("spec.limited", "FieldValueForbidden", `Forbidden: ${why}`)]
  }
  if (type !== "Limited") return []
  if (isObject(exempt)) {
    return [error("spec.exempt", "FieldValueForbidden", "Forbidden: must be nil if the type is Limited")]
  }
  if (!isObject(limited)) {
    return [
      error("spec.limited", "FieldValueRequired", "Required value: must not be empty when type is Limited"),
    ]
  }
  return queuingErrors(isObject(limited.limitResponse) ? limited.limitResponse : {})
}

const queuingErrors = ({ type, queuing }: MutableObject): ReadonlyArray<FieldError> => {
  const field = "spec.limited.limitResponse.queuing"
  if (type === "Reject" && isObject(queuing)) {
    return [
      error(
        field,
        "FieldValueForbidden",
        "Forbidden: must be nil if limited.limitResponse.type is not Limited",
      ),
    ]
  }
  if (type !== "Queue") return []
  if (!isObject(queuing))
    return [
      error(
        field,
        "FieldValueRequired",
        "Required value: must not be empty if limitResponse.type is Limited",
      ),
    ]
  const { queues, handSize } = queuing
  if (typeof queues !== "number" || typeof handSize !== "number" || handSize <= queues) return []
  const detail = `Invalid value: ${handSize}: should not be greater than queues (${queues})`
  return [error(`${field}.handSize`, "FieldValueInvalid", detail)]
}

const plain = { generation: true, unconditionalUpdate: true } as const

/** By `group/plural`. */
export const flowStrategies: { readonly [id: string]: Strategy } = {
  "flowcontrol.apiserver.k8s.io/flowschemas": { ...plain, validate: ruleErrors },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": { ...plain, validate: levelErrors },
}
