/**
 * What conditions and policies of admission may name.
 * Source: Kubernetes `admission/plugin/cel/compile.go`. Start with {@link admissionVariables}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { type Declaration, declarationOf } from "./declaration.ts"
import { anyVariable, authorizerVariable, computedVariable, resourceCheckVariable } from "./expression.ts"
import type * as t from "./type.ts"

const text: JsonObject = { type: "string" }
const texts: JsonObject = { type: "array", items: text }
const textMap: JsonObject = { type: "object", additionalProperties: text }
const integer: JsonObject = { type: "integer" }
const moment: JsonObject = { type: "string", format: "date-time" }
const object = (properties: { readonly [name: string]: Json }): JsonObject => ({ type: "object", properties })

const kind = object({ group: text, version: text, kind: text })
const resource = object({ group: text, version: text, resource: text })

const requestSchema = object({
  kind,
  resource,
  subResource: text,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: object({
    username: text,
    uid: text,
    groups: texts,
    extra: { type: "object", additionalProperties: texts },
  }),
  dryRun: { type: "boolean" },
  options: { "x-kubernetes-int-or-string": true },
})

const namespaceSchema = object({
  metadata: object({
    name: text,
    generateName: text,
    namespace: text,
    labels: textMap,
    annotations: textMap,
    UID: text,
    creationTimestamp: moment,
    deletionGracePeriodSeconds: integer,
    deletionTimestamp: moment,
    generation: integer,
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: object({ finalizers: texts }),
  status: object({ phase: text }),
})

const declared = (schema: JsonObject, name: string): Declaration =>
  declarationOf(schema, { name }) ?? anyVariable

const request = declared(requestSchema, "kubernetes.AdmissionRequest")
const namespaceObject = declared(namespaceSchema, "kubernetes.Namespace")

export interface AdmissionVariableOptions {
  /** Policies with a paramKind have `params`. */
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** The types of the policy's own variables, by name; absent: it cannot have any. */
  readonly variables?: { readonly [name: string]: t.Type }
}

/** The variables of `compileExpression` for one webhook or policy. */
export const admissionVariables = (
  options: AdmissionVariableOptions,
): { readonly [name: string]: Declaration } => ({
  object: anyVariable,
  oldObject: anyVariable,
  request,
  ...(options.hasParams ? { params: anyVariable } : {}),
  ...(options.hasAuthorizer
    ? { authorizer: authorizerVariable, "authorizer.requestResource": resourceCheckVariable }
    : {}),
  ...(options.variables === undefined
    ? {}
    : { namespaceObject, variables: computedVariable(options.variables) }),
})
