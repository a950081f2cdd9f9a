/** The {@link Client} over a {@link Transport}: kinds and names become paths, JSON becomes objects. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { JsonObject, Kind, KubeObject, Status } from "../schemas/index.ts"
import { ApiError } from "./api-error.ts"
import {
  type ApplyConfiguration,
  type ApplyOptions,
  Client,
  type DeleteOptions,
  type ObjectKey,
  type WriteOptions,
} from "./client.ts"
import { type Call, exchange, exchangeWrite } from "./exchange.ts"
import { openWatch } from "./open-watch.ts"
import { collectionPath, listQuery, objectPath, watchQuery, withQuery, writeQuery } from "./paths.ts"
import { parseStatus } from "./response.ts"
import type { Transport } from "./transport.ts"
import { asDocument, asObject, asObjectList } from "./wire-object.ts"
import { type Unanswered, WriteContext, type Written } from "./write-context.ts"

export interface ClientOptions {
  /** Its part before "/" is the field manager of writes that name none. */
  readonly userAgent?: string
}

const patchTypes = { merge: "application/merge-patch+json", json: "application/json-patch+json" } as const

const keyOf = (object: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}) => ({
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name,
})

/** What would only come back as a confusing 404 or 405: a name or namespace that is not there. */
const checkKey = (kind: Kind, key: ObjectKey, named = true): ApiError | undefined => {
  const missing =
    named && key.name === "" ? "name" : kind.namespaced && key.namespace === "" ? "namespace" : ""
  if (missing === "") return undefined
  const message = `${kind.kind} ${key.name}: metadata.${missing} is needed`
  return new ApiError({ reason: "BadRequest", message, operation: kind.plural })
}

const deleteBody = (options: DeleteOptions): JsonObject => ({
  kind: "DeleteOptions",
  apiVersion: "v1",
  ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
  ...(options.preconditions === undefined ? {} : { preconditions: { ...options.preconditions } }),
  ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
  ...(options.dryRun === true ? { dryRun: ["All"] } : {}),
})

/** The answer to a DELETE: the object while finalizers hold it, a Status when it is gone. */
const deletion = (kind: Kind, answer: JsonObject, operation: string): KubeObject | Status =>
  parseStatus(answer) ?? asObject(kind, answer, operation)

const isStatus = (result: KubeObject | Status): result is Status => result.kind === "Status"

const traceOf = (result: KubeObject | Status): Pick<Written, "object" | "removedUid"> => {
  if (!isStatus(result)) return { object: result }
  const uid = result.details?.uid
  return uid === undefined ? {} : { removedUid: uid }
}

const report = (written: Written, options?: { readonly dryRun?: boolean }): Effect.Effect<void> =>
  options?.dryRun === true ? Effect.void : Effect.map(WriteContext, ({ onWritten }) => onWritten?.(written))

/** Whether the server may have done what it did not confirm. */
const isUnanswered = (cause: Cause.Cause<ApiError>): boolean =>
  cause.reasons.some(
    (reason) =>
      !Cause.isFailReason(reason) ||
      (reason.error.class === "retry" && reason.error.reason !== "TooManyRequests"),
  )

/** Tells the context of a write that was sent and not answered. */
const noting =
  (write: Unanswered, options?: { readonly dryRun?: boolean }) =>
  <A>(effect: Effect.Effect<A, ApiError>): Effect.Effect<A, ApiError> =>
    Effect.onError(effect, (cause) =>
      options?.dryRun === true || !isUnanswered(cause)
        ? Effect.void
        : Effect.map(WriteContext, ({ onUnanswered }) => onUnanswered?.(write)),
    )

interface Write<T extends KubeObject> {
  readonly verb: Written["verb"]
  readonly kind: Kind<T>
  readonly key: ObjectKey
  readonly call: Call
  readonly options: WriteOptions | undefined
}

export const makeClient = (transport: Transport, options: ClientOptions = {}): Client["Service"] => {
  const headers = { accept: "application/json", "user-agent": options.userAgent ?? "miren-client/0.1" }

  const write = <T extends KubeObject>(request: Write<T>): Effect.Effect<T, ApiError> => {
    const { verb, kind, key, call } = request
    const refused = checkKey(kind, key, verb !== "create")
    if (refused !== undefined) return Effect.fail(refused)
    const path = withQuery(call.path, writeQuery(request.options ?? {}))
    return Effect.gen(function* () {
      const object = yield* exchangeWrite(transport, {
        call: { ...call, path },
        headers,
        parse: (answer, operation) => asObject(kind, answer, operation),
      }).pipe(noting({ verb, kind, key }, request.options))
      yield* report({ verb, kind, key: keyOf(object), object }, request.options)
      return object
    })
  }

  const put = <T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    rest: [WriteOptions | undefined, (string | undefined)?],
  ) => {
    const key = keyOf(object)
    const path = objectPath(kind, key, rest[1])
    const call = { method: "PUT", path, body: asDocument(object) } as const
    return write({ verb: "update", kind, key, call, options: rest[0] })
  }

  const apply = <T extends KubeObject>(
    kind: Kind<T>,
    object: ApplyConfiguration<T>,
    applyOptions: ApplyOptions,
  ) => {
    const key = keyOf(object)
    const path = withQuery(objectPath(kind, key, applyOptions.subresource), { force: applyOptions.force })
    const contentType = "application/apply-patch+yaml"
    const call = { method: "PATCH", path, body: asDocument(object), contentType } as const
    return write({ verb: "apply", kind, key, call, options: applyOptions })
  }

  return Client.of({
    get: (kind, key) => {
      const refused = checkKey(kind, key)
      if (refused !== undefined) return Effect.fail(refused)
      const call = { method: "GET", path: objectPath(kind, key) } as const
      const parse = (answer: JsonObject, operation: string) => asObject(kind, answer, operation)
      return exchange(transport, { call, headers, parse })
    },
    list: (kind, listOptions = {}) => {
      const path = collectionPath(kind, listOptions.namespace ?? "")
      const call = { method: "GET", path: withQuery(path, listQuery(listOptions)) } as const
      const parse = (answer: JsonObject, operation: string) => asObjectList(kind, answer, operation)
      return exchange(transport, { call, headers, parse })
    },
    watch: (kind, watchOptions = {}) =>
      openWatch(transport, kind, {
        path: withQuery(collectionPath(kind, watchOptions.namespace ?? ""), watchQuery(watchOptions)),
        headers,
      }),
    create: (kind, object, writeOptions) => {
      const key = keyOf(object)
      const call = {
        method: "POST",
        path: collectionPath(kind, key.namespace),
        body: asDocument(object),
      } as const
      return write({ verb: "create", kind, key, call, options: writeOptions })
    },
    update: (kind, object, updateOptions) => put(kind, object, [updateOptions, updateOptions?.subresource]),
    updateStatus: (kind, object, writeOptions) => put(kind, object, [writeOptions, "status"]),
    patch: (kind, key, { patch, options: patchOptions }) => {
      const path = objectPath(kind, key, patchOptions?.subresource)
      const contentType = patchTypes[patch.type]
      const call = { method: "PATCH", path, body: patch.value, contentType } as const
      return write({ verb: "patch", kind, key, call, options: patchOptions })
    },
    apply: (kind, object, applyOptions) => apply(kind, object, applyOptions),
    delete: (kind, key, deleteOptions = {}) => {
      const refused = checkKey(kind, key)
      if (refused !== undefined) return Effect.fail(refused)
      const call = { method: "DELETE", path: objectPath(kind, key), body: deleteBody(deleteOptions) } as const
      return Effect.gen(function* () {
        const parse = (answer: JsonObject, operation: string) => deletion(kind, answer, operation)
        const result = yield* exchangeWrite(transport, { call, headers, parse }).pipe(
          noting({ verb: "delete", kind, key }, deleteOptions),
        )
        yield* report({ verb: "delete", kind, key, ...traceOf(result) }, deleteOptions)
        return result
      })
    },
  })
}

/** A `Client` layer over a transport. */
export const clientLayer = (transport: Transport, options?: ClientOptions): Layer.Layer<Client> =>
  Layer.succeed(Client, makeClient(transport, options))
