/** The {@link Client} over a {@link Transport}: kinds and names become paths, JSON becomes objects. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError } from "./api-error.ts"
import { Client, type Reader, type Watcher } from "./client.ts"
import { exchange } from "./exchange.ts"
import { makeWriter } from "./make-writer.ts"
import { refuseKey } from "./object-key.ts"
import { openWatch } from "./open-watch.ts"
import { collectionPath, listQuery, objectPath, watchQuery, withQuery } from "./paths.ts"
import { type Read, ReadContext } from "./read-context.ts"
import { countRequests } from "./request-metrics.ts"
import type { Transport, TransportRequest } from "./transport.ts"
import { asObject, asObjectList } from "./wire-object.ts"

export interface ClientOptions {
  /** Its part before "/" is the field manager of writes that name none. */
  readonly userAgent?: string
  /** Names the server in the metrics of requests. */
  readonly host?: string
}

const makeReader = (transport: Transport, headers: TransportRequest["headers"]): Reader => ({
  get: (kind, key) => {
    const refused = refuseKey(kind, key)
    if (refused !== undefined) return Effect.fail(refused)
    const answered = exchange(transport, {
      call: { method: "GET", path: objectPath(kind, key) },
      headers,
      parse: (answer, operation) => asObject(kind, answer, operation),
    })
    return noted(answered, (object) => ({
      kind,
      key,
      resourceVersion: object.metadata.resourceVersion,
    })).pipe(
      Effect.tapError((error) =>
        error.reason === "NotFound" ? note({ kind, key, resourceVersion: undefined }) : Effect.void,
      ),
    )
  },
  list: (kind, options = {}) => {
    const namespace = options.namespace ?? ""
    const answered = exchange(transport, {
      call: { method: "GET", path: withQuery(collectionPath(kind, namespace), listQuery(options)) },
      headers,
      parse: (answer, operation) => asObjectList(kind, answer, operation),
    })
    return noted(answered, ({ metadata }) => ({ kind, namespace, resourceVersion: metadata.resourceVersion }))
  },
})

const note = (read: Read): Effect.Effect<void> => Effect.map(ReadContext, ({ onRead }) => onRead?.(read))

const noted = <A>(answered: Effect.Effect<A, ApiError>, read: (answer: A) => Read) =>
  Effect.tap(answered, (answer) =>
    Effect.map(ReadContext, ({ onRead }) => (onRead === undefined ? undefined : onRead(read(answer)))),
  )

const makeWatcher = (transport: Transport, headers: TransportRequest["headers"]): Watcher => ({
  watch: (kind, options = {}) =>
    openWatch(transport, kind, {
      path: withQuery(collectionPath(kind, options.namespace ?? ""), watchQuery(options)),
      headers,
    }),
})

/**
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { makeClient } from "miren/client"
 * import { startMemoryServer } from "miren/daemon"
 * import { Namespace } from "miren/schemas"
 *
 * const server = await startMemoryServer()
 * const client = makeClient(server.transport(), { userAgent: "my-tool" })
 * const { items } = await Effect.runPromise(client.list(Namespace))
 * if (!items.some(({ metadata }) => metadata.name === "default")) throw new Error("no default namespace")
 * await server.close()
 * ```
 */
export const makeClient = (through: Transport, options: ClientOptions = {}): Client["Service"] => {
  const transport = countRequests(through, options.host ?? "")
  const headers = { accept: "application/json", "user-agent": options.userAgent ?? "miren-client/0.1" }
  return Client.of({
    ...makeReader(transport, headers),
    ...makeWatcher(transport, headers),
    ...makeWriter(transport, headers),
  })
}

/** A `Client` layer over a transport. */
export const clientLayer = (transport: Transport, options?: ClientOptions): Layer.Layer<Client> =>
  Layer.succeed(Client, makeClient(transport, options))
