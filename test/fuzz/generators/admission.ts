/** Admission policies with odd expressions, their bindings, webhooks, and objects that they are asked about. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import {
  type Collection,
  mutatingWebhooks,
  pathOf,
  policies,
  policyBindings,
  serviceAccounts,
  validatingWebhooks,
} from "../corpus.ts"
import { alteration, mutated } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { cel } from "./expressions.ts"
import { bytesOf, fixed, json, mostly, pick, versioned } from "./parts.ts"

const name = pick("base", "p", "q")
const good = [
  "object.metadata.name != 'x'",
  "size(object.metadata.name) < 50",
  "!has(object.secrets) || object.secrets.all(s, s.name.startsWith('b'))",
  "request.operation in ['CREATE', 'UPDATE']",
  "oldObject == null || oldObject.metadata.name == object.metadata.name",
  "namespaceObject.metadata.name == 'default'",
  "request.userInfo.groups.exists(g, g == 'system:masters')",
  "authorizer.group('').resource('pods').namespace('default').check('get').allowed()",
  "dyn(object).metadata.labels.all(k, k.size() > 0)",
  "variables.labels.size() >= 0",
  "object.metadata.?labels[?'app'].orValue('') != 'nothing'",
  "params == null || true",
  "dyn(object).nothing.at.all == 1",
  "[1,2,3].map(x, x / 0) == []",
]
const condition = mostly(pick(...good), cel, 2)

const policy: fc.Arbitrary<Json> = fc
  .tuple(
    fc.tuple(name, condition, condition),
    pick("'m: ' + object.metadata.name", "string(1)", "object"),
    pick("Fail", "Ignore"),
    alteration([0, 0, 0, 1, 2]),
  )
  .map(([[named, first, second], message, failurePolicy, alter]) => {
    const object = policies.object(named)
    const spec: JsonObject = {
      ...(object.spec as JsonObject),
      failurePolicy,
      validations: [{ expression: first, messageExpression: message }],
      matchConditions: [{ name: "c", expression: second }],
    }
    return alter({ ...object, spec })
  })

const paramRef = { name: "base", namespace: "default", parameterNotFoundAction: "Deny" }
const binding: fc.Arbitrary<Json> = fc
  .tuple(
    name,
    pick<JsonObject>(
      {},
      { validationActions: ["Warn", "Audit"] },
      { validationActions: ["Deny"], paramRef },
      {
        validationActions: ["Deny"],
        paramRef: { selector: { matchLabels: { a: "b" } }, parameterNotFoundAction: "Allow" },
      },
    ),
    alteration([0, 0, 1, 2]),
  )
  .map(([named, more, alter]) => {
    const object = policyBindings.object(named)
    return alter({ ...object, spec: { ...(object.spec as JsonObject), ...more } })
  })

const hooks = (kind: Collection): fc.Arbitrary<Json> =>
  fc.tuple(name, condition, alteration([0, 0, 1, 2])).map(([named, expression, alter]) => {
    const object = kind.object(named)
    const webhooks = (object.webhooks as ReadonlyArray<JsonObject>).map((hook) => ({
      ...hook,
      matchConditions: [{ name: "c", expression }],
    }))
    return alter({ ...object, webhooks })
  })

/** A webhook may not be sent anywhere but to where nobody listens. */
const isHarmless = (document: Json): boolean => {
  const text = JSON.stringify(document)
  return !/https?:\/\/(?!127\.0\.0\.1:1\/)/.test(text)
}

const nameOf = (document: Json): string => {
  const found = /"name":"([a-z]+)"/.exec(JSON.stringify(document))
  return found?.[1] ?? "base"
}

const written = (kind: Collection, document: fc.Arbitrary<Json>): fc.Arbitrary<Draft> =>
  document.filter(isHarmless).map((object) => (seen) => {
    const place = `${pathOf(kind)}/${nameOf(object)}`
    const version = seen.versionOf(place)
    if (version === "" && !place.endsWith("/base"))
      return { method: "POST", url: pathOf(kind), headers: json, body: bytesOf(object) }
    return { method: "PUT", url: place, headers: json, body: bytesOf(versioned(object, version)) }
  })

const asked: fc.Arbitrary<Draft> = fc
  .tuple(
    mutated(
      fc.nat(900).map((number) => serviceAccounts.object(`a${number}`) as Json),
      [0, 0, 0, 1],
    ),
    pick("", "", "?dryRun=All"),
    fc.boolean(),
  )
  .map(([object, query, hooked]) => {
    const text = new TextDecoder().decode(bytesOf(object))
    const body = Buffer.from(hooked ? text.replace('"app":"fuzz"', '"hooked":"yes"') : text)
    return fixed({ method: "POST", url: `${pathOf(serviceAccounts)}${query}`, headers: json, body })
  })
const dropped = fc
  .tuple(pick(policies, policyBindings, mutatingWebhooks, validatingWebhooks), pick("p", "q"))
  .map(([kind, named]) =>
    fixed({ method: "DELETE", url: `${pathOf(kind)}/${named}`, headers: json, body: new Uint8Array() }),
  )

export const admission: Slice = {
  name: "admission",
  about: "policies and webhooks with odd expressions and matches, and objects that they judge",
  weight: 2,
  draft: fc.oneof(
    { weight: 4, arbitrary: written(policies, policy) },
    { weight: 2, arbitrary: written(policyBindings, binding) },
    { weight: 1, arbitrary: written(validatingWebhooks, hooks(validatingWebhooks)) },
    { weight: 1, arbitrary: written(mutatingWebhooks, hooks(mutatingWebhooks)) },
    { weight: 6, arbitrary: asked },
    { weight: 1, arbitrary: dropped },
  ),
}
