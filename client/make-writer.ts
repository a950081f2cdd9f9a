/** The {@link Writer} over a {@link Transport}. */
import * as Effect from "effect/Effect"
import type { JsonObject, Kind, KubeObject, Status } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import type { DeleteOptions, ObjectKey, UpdateOptions, WriteOptions, Writer } from "./client.ts"
import type { Call } from "./exchange.ts"
import { keyOf, refuseCollection, refuseKey } from "./object-key.ts"
import { collectionPath, objectPath, withQuery, writeQuery } from "./paths.ts"
import { parseStatus } from "./response.ts"
import type { Transport, TransportRequest } from "./transport.ts"
import { asDocument, asObject } from "./wire-object.ts"
import { sendWrite } from "./write.ts"
import type { Written } from "./write-context.ts"

const contentTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const

const deleteBody = (options: DeleteOptions): JsonObject => ({
  kind: "DeleteOptions",
  apiVersion: "v1",
  ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
  ...(options.preconditions === undefined ? {} : { preconditions: { ...options.preconditions } }),
  ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
  ...(options.dryRun === true ? { dryRun: ["All"] } : {}),
})

const isStatus = (result: KubeObject | Status): result is Status => result.kind === "Status"

/** What a DELETE did: the object stays while finalizers hold it, else it is gone. */
const deleted = (
  key: ObjectKey,
  result: KubeObject | Status,
): Pick<Written, "key" | "object" | "removedUid"> => {
  if (!isStatus(result)) return { key, object: result }
  const uid = result.details?.uid
  return uid === undefined ? { key } : { key, removedUid: uid }
}

interface ObjectWrite<T extends KubeObject> {
  readonly verb: Written["verb"]
  readonly kind: Kind<T>
  readonly key: ObjectKey
  readonly call: Call
  readonly options: WriteOptions | undefined
}

export const makeWriter = (transport: Transport, headers: TransportRequest["headers"]): Writer => {
  const write = <T extends KubeObject>(request: ObjectWrite<T>): Effect.Effect<T, ApiError> => {
    const { verb, kind, key, call, options } = request
    const refused = verb === "create" ? refuseCollection(kind, key) : refuseKey(kind, key)
    if (refused !== undefined) return Effect.fail(refused)
    return sendWrite(transport, {
      verb,
      kind,
      key,
      call: { ...call, path: withQuery(call.path, writeQuery(options ?? {})) },
      headers,
      parse: (answer, operation) => asObject(kind, answer, operation),
      written: (object) => ({ key: keyOf(object), object }),
      dryRun: options?.dryRun,
    })
  }

  const put = <T extends KubeObject>(kind: Kind<T>, object: T, options: UpdateOptions | undefined) => {
    const key = keyOf(object)
    const path = objectPath(kind, key, options?.subresource)
    return write({
      verb: "update",
      kind,
      key,
      call: { method: "PUT", path, body: asDocument(object) },
      options,
    })
  }

  return {
    create: (kind, object, options) => {
      const key = keyOf(object)
      const path = collectionPath(kind, key.namespace)
      return write({
        verb: "create",
        kind,
        key,
        call: { method: "POST", path, body: asDocument(object) },
        options,
      })
    },
    update: put,
    updateStatus: (kind, object, options) => put(kind, object, { ...options, subresource: "status" }),
    patch: (kind, key, { patch, options }) => {
      const path = objectPath(kind, key, options?.subresource)
      const call: Call = { method: "PATCH", path, body: patch.value, contentType: contentTypes[patch.type] }
      return write({ verb: "patch", kind, key, call, options })
    },
    apply: (kind, object, options) => {
      const key = keyOf(object)
      const path = withQuery(objectPath(kind, key, options.subresource), { force: options.force })
      const call: Call = { method: "PATCH", path, body: asDocument(object), contentType: contentTypes.apply }
      return write({ verb: "apply", kind, key, call, options })
    },
    delete: (kind, key, options = {}) => {
      const refused = refuseKey(kind, key)
      if (refused !== undefined) return Effect.fail(refused)
      return sendWrite(transport, {
        verb: "delete",
        kind,
        key,
        call: { method: "DELETE", path: objectPath(kind, key), body: deleteBody(options) },
        headers,
        parse: (answer, operation): KubeObject | Status =>
          parseStatus(answer) ?? asObject(kind, answer, operation),
        written: (result) => deleted(key, result),
        dryRun: options.dryRun,
      })
    },
  }
}
