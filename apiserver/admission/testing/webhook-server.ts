/** A webhook for tests: a real HTTPS server on loopback with a certificate of an authority of its own. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { makeCertificate } from "../../pki/certificate.ts"

/** What a path answers; undefined hangs, a number is an HTTP status without a body. */
export type WebhookHandler = (body: JsonObject) => JsonObject | string | number | undefined

export interface Asked {
  readonly path: string
  readonly query: string
  readonly body: JsonObject
}

export interface WebhookServer {
  readonly url: string
  readonly port: number
  /** Base64 of the PEM, as a clientConfig has it. */
  readonly caBundle: string
  /** Everything asked so far. */
  readonly asked: ReadonlyArray<Asked>
  readonly connections: () => number
  /** Settles when so many questions have come. */
  readonly reached: (count: number) => Promise<void>
  /** From now on a connection that has answered before is cut when it is used again. */
  readonly cutReused: () => void
  readonly close: () => Promise<void>
}

const validity = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2120-01-01T00:00:00Z") }

const credentials = async (hosts: ReadonlyArray<string>) => {
  const ca = await makeCertificate({
    subject: { commonName: "webhook-ca", organizations: [] },
    usage: "ca",
    hosts: [],
    ...validity,
  })
  const server = await makeCertificate({
    subject: { commonName: "webhook", organizations: [] },
    usage: "server",
    hosts,
    issuer: ca,
    ...validity,
  })
  return { ca: ca.certificate, cert: server.certificate, key: server.privateKey }
}

const bodyOf = async (request: IncomingMessage): Promise<JsonObject> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString("utf8"))
}

const send = (response: ServerResponse, answer: JsonObject | string | number): void => {
  if (typeof answer === "number") response.writeHead(answer).end()
  else {
    response.setHeader("content-type", "application/json")
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer))
  }
}

export const startWebhookServer = async (
  handlers: { readonly [path: string]: WebhookHandler },
  hosts: ReadonlyArray<string> = ["127.0.0.1"],
): Promise<WebhookServer> => {
  const { ca, cert, key } = await credentials(hosts)
  const asked: Asked[] = []
  const waiters: Array<() => void> = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = "", query = ""] = (request.url ?? "").split("?")
    const body = await bodyOf(request)
    asked.push({ path, query, body })
    for (const wake of waiters.splice(0)) wake()
    const handler = handlers[path]
    const given = handler === undefined ? 404 : handler(body)
    if (given !== undefined) send(response, given)
  }
  const used = new WeakSet<Socket>()
  let cuts = false
  const server = createServer({ cert, key }, (request, response) => {
    if (cuts && used.has(request.socket)) {
      request.socket.destroy()
      return
    }
    used.add(request.socket)
    answer(request, response).catch(() => response.destroy())
  })
  const sockets = new Set<Socket>()
  let connections = 0
  server.on("secureConnection", (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
  })
  server.on("tlsClientError", () => {})
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    caBundle: Buffer.from(ca).toString("base64"),
    asked,
    connections: () => connections,
    cutReused: () => {
      cuts = true
    },
    reached: async (count) => {
      while (asked.length < count) await new Promise<void>((resolve) => waiters.push(resolve))
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const uidOf = (review: JsonObject): Json => (review.request as JsonObject).uid ?? ""

/** An AdmissionReview that answers. */
export const reviewed = (review: JsonObject, response: JsonObject): JsonObject => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  response: { uid: uidOf(review), ...response },
})

export const allow = (review: JsonObject): JsonObject => reviewed(review, { allowed: true })

export const deny =
  (status: JsonObject = {}): WebhookHandler =>
  (review) =>
    reviewed(review, { allowed: false, status })

/** Allows, and changes the object by a JSON Patch. */
export const patch =
  (...operations: ReadonlyArray<JsonObject>): WebhookHandler =>
  (review) =>
    reviewed(review, {
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
    })

/** A ConversionReview that answers. */
export const converted = (review: JsonObject, convertedObjects: ReadonlyArray<Json>): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  response: { uid: uidOf(review), result: { status: "Success" }, convertedObjects },
})

const api = "admissionregistration.k8s.io/v1"

export const mutatingConfigurations = `/apis/${api}/mutatingwebhookconfigurations`
export const validatingConfigurations = `/apis/${api}/validatingwebhookconfigurations`

export interface WebhookOptions {
  readonly server: Pick<WebhookServer, "url" | "caBundle">
  readonly path: string
  readonly name?: string
  readonly resources?: ReadonlyArray<string>
  readonly operations?: ReadonlyArray<string>
  readonly groups?: ReadonlyArray<string>
  readonly more?: JsonObject
}

/** One webhook of a configuration; of ConfigMaps, created, unless it says otherwise. */
export const webhook = (options: WebhookOptions): JsonObject => ({
  name: options.name ?? "test.example.com",
  clientConfig: { url: `${options.server.url}${options.path}`, caBundle: options.server.caBundle },
  rules: [
    {
      apiGroups: [...(options.groups ?? [""])],
      apiVersions: ["v1"],
      operations: [...(options.operations ?? ["CREATE"])],
      resources: [...(options.resources ?? ["configmaps"])],
    },
  ],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  ...options.more,
})

export const mutatingConfiguration = (name: string, ...webhooks: ReadonlyArray<JsonObject>): JsonObject => ({
  apiVersion: api,
  kind: "MutatingWebhookConfiguration",
  metadata: { name },
  webhooks,
})

export const validatingConfiguration = (
  name: string,
  ...webhooks: ReadonlyArray<JsonObject>
): JsonObject => ({
  apiVersion: api,
  kind: "ValidatingWebhookConfiguration",
  metadata: { name },
  webhooks,
})
