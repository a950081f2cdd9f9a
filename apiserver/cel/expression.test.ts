import { describe, expect, test } from "vitest"
import type { Json } from "../../schemas/index.ts"
import {
  AuthorizerValue,
  admissionVariables,
  type Bindings,
  ComputedValues,
  compileExpression,
  type ExpressionOptions,
  ResourceCheckValue,
} from "./index.ts"
import * as t from "./type.ts"

const variables = admissionVariables({ hasParams: true, hasAuthorizer: true, variables: { big: t.bool } })

const result = (source: string, bindings: Bindings, more: Partial<ExpressionOptions> = {}): unknown => {
  const expression = compileExpression({ source, variables, ...more })
  if (expression.kind === "error") return expression.message
  const evaluation = expression.evaluate(bindings, 1_000_000)
  return evaluation.kind === "value" ? evaluation.value : `${evaluation.kind}: ${evaluation.message}`
}

const object: Json = {
  metadata: { name: "a", labels: { "app.kubernetes.io/name": "x" } },
  spec: { replicas: 3, cpu: 1.5 },
}

describe("an expression of admission", () => {
  test.each<[string, Bindings, unknown]>([
    ["object.spec.replicas + 1 == 4 && object.spec.cpu > 1.0", { object }, true],
    ["object.metadata.labels['app.kubernetes.io/name'] == 'x'", { object }, true],
    ["has(object.metadata.namespace)", { object }, false],
    ["object.spec.missing == 1", { object }, "error: no such key: missing"],
    ["oldObject == null || object.spec.replicas == 3", { object, oldObject: null }, true],
    [
      "request.operation == 'CREATE' && 'g' in request.userInfo.groups",
      { request: { operation: "CREATE", userInfo: { groups: ["g"] } } },
      true,
    ],
    ["namespaceObject.metadata.labels.size() == 0", { namespaceObject: { metadata: { labels: {} } } }, true],
    ["params.max >= object.spec.replicas", { object, params: { max: 3 } }, true],
    ["object.spec.replicas == 1", {}, "error: no such attribute(s): object"],
  ])("%s", (source, bindings, want) => {
    expect(result(source, bindings)).toEqual(want)
  })

  test.each([
    ["a long list", `object in [${Array.from({ length: 49_000 }, () => "1").join()}]`],
    ["a long list of names", `[${Array.from({ length: 14_000 }, () => "object").join()}] == []`],
    ["a long chain", Array.from({ length: 8_000 }, () => "object==1").join("||")],
    ["many levels", `${"[".repeat(240)}object${"]".repeat(240)} == []`],
  ])("may be %s", (_, source) => {
    expect(compileExpression({ source, variables }).kind).toBe("expression")
  })

  test("is refused for a field that a request has not", () => {
    expect(result("request.nope == 1", {})).toContain("undefined field 'nope'")
  })

  test("is refused for the wrong type", () => {
    expect(result("'a'", {}, { resultType: "bool" })).toBe("must evaluate to bool")
  })

  test("knows only the variables that it is given", () => {
    const few = admissionVariables({ hasParams: false, hasAuthorizer: false })
    expect(result("params == null", {}, { variables: few })).toContain("undeclared reference to 'params'")
  })

  test("computes variables once, and only those it asks for", () => {
    const asked: string[] = []
    const computed = new ComputedValues((name) => {
      asked.push(name)
      return { kind: "value", value: true, cost: 1 }
    })
    expect(result("variables.big && variables.big", { variables: computed })).toBe(true)
    expect(asked).toEqual(["big"])
    const failing = new ComputedValues(() => ({ kind: "error", message: "no such key: x", cost: 1 }))
    expect(result("variables.big", { variables: failing })).toBe(
      'error: composited variable "big" fails to evaluate: no such key: x',
    )
  })

  test("asks the authorizer", () => {
    const questions: unknown[] = []
    const authorizer = new AuthorizerValue((question) => {
      questions.push(question)
      return { allowed: question.verb === "get", reason: "why" }
    })
    const source =
      "authorizer.group('apps').resource('deployments').namespace('n').name('d').check('get').allowed() && " +
      "!authorizer.serviceAccount('n', 's').path('/healthz').check('post').allowed()"
    expect(result(source, { authorizer })).toBe(true)
    expect(questions).toEqual([
      {
        verb: "get",
        resource: {
          group: "apps",
          resource: "deployments",
          subresource: "",
          namespace: "n",
          name: "d",
          fieldSelector: "",
          labelSelector: "",
        },
      },
      { verb: "post", path: "/healthz", serviceAccount: { namespace: "n", name: "s" } },
    ])
  })

  test("asks the authorizer about what is requested", () => {
    const authorizer = new AuthorizerValue(({ resource }) => ({
      allowed: resource?.name === "d",
      reason: "",
    }))
    const asked = { group: "", resource: "pods", subresource: "", namespace: "n", name: "d" }
    const requested = new ResourceCheckValue(authorizer, { ...asked, fieldSelector: "", labelSelector: "" })
    const bindings = { authorizer, "authorizer.requestResource": requested }
    expect(result("authorizer.requestResource.check('get').allowed()", bindings)).toBe(true)
  })

  test("may ask an authorizer twice, not three times", () => {
    const authorizer = new AuthorizerValue(() => ({ allowed: true, reason: "" }))
    const check = "authorizer.path('/a').check('get').allowed()"
    expect(result(`${check} && ${check}`, { authorizer })).toBe(true)
    expect(result(`${check} && ${check} && ${check}`, { authorizer })).toContain("exceeded")
  })
})
