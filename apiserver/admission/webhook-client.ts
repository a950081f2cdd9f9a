/**
 * Calls of webhooks: one JSON document posted over HTTPS, one read back.
 *
 * Guarantees: the server is verified against the caBundle alone where there is one; connections are reused; calls under
 * way, connections and the size of an answer are bounded; a call ends by its timeout, waiting for a connection included.
 */
import { Agent } from "node:https"
import { isIP } from "node:net"
import type { Ambient } from "../ambient.ts"
import { isObject } from "../body-object.ts"
import { scanJson } from "../json-scan.ts"
import { limits as serverLimits } from "../limits.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import type { ClientConfig } from "./client-config.ts"
import { type PostAnswer, PostError, post } from "./https-post.ts"
import { limits } from "./limits.ts"
import type { ServiceAddress, ServiceResolver } from "./service-resolver.ts"

/** Why a webhook gave no answer, as the end of `failed to call webhook: ...`. */
export class WebhookCallError extends Error {
  override readonly name = "WebhookCallError"
}

export interface WebhookCall {
  readonly client: ClientConfig
  readonly document: unknown
  readonly timeoutSeconds: number
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

interface Destination {
  readonly address: ServiceAddress
  /** The name that the certificate must have. */
  readonly serverName: string
  /** As the texts of failures have it. */
  readonly url: string
  readonly path: string
}

const withTimeout = (path: string, seconds: number): string => `${path}?timeout=${seconds}s`

/** Go's words for the failures that people search for. */
const failureText = ({ message, cause }: PostError, { host, port }: ServiceAddress): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  if (code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`
  if (code === "ENOTFOUND") return `dial tcp: lookup ${host}: no such host`
  if (code === "ECONNRESET") return "EOF"
  if (code.includes("CERT") || code.includes("SIGNATURE") || code.startsWith("ERR_TLS"))
    return `tls: failed to verify certificate: ${message}`
  return message
}

export class WebhookClient {
  readonly #ambient: Ambient
  readonly #resolve: ServiceResolver
  readonly #agents = new Map<string, Agent>()
  #calls = 0

  constructor(ambient: Ambient, resolve: ServiceResolver) {
    this.#ambient = ambient
    this.#resolve = resolve
  }

  /** The answer. Rejects with {@link WebhookCallError}. */
  async call(call: WebhookCall): Promise<MutableObject> {
    if (this.#calls >= limits.callsMax) {
      throw new WebhookCallError(`${limits.callsMax} calls of webhooks are under way already`)
    }
    this.#calls++
    try {
      const destination = await this.#destination(call)
      const body = await this.#post(call, destination)
      return answerOf(body)
    } finally {
      this.#calls--
    }
  }

  async #destination({ client, timeoutSeconds }: WebhookCall): Promise<Destination> {
    if (client.type === "url") {
      const { hostname, port, pathname } = client.url
      const host = hostname.replace(/^\[|\]$/g, "")
      const address = { host, port: port === "" ? 443 : Number(port) }
      const path = withTimeout(pathname, timeoutSeconds)
      return { address, serverName: host, path, url: `${client.url.origin}${path}` }
    }
    const serverName = `${client.name}.${client.namespace}.svc`
    const path = withTimeout(client.path, timeoutSeconds)
    const url = `https://${serverName}:${client.port}${path}`
    const address = await this.#resolve(client)
    if (address === undefined) {
      throw new WebhookCallError(
        `Post ${JSON.stringify(url)}: service ${JSON.stringify(client.name)} not found`,
      )
    }
    return { address, serverName, path, url }
  }

  #agent({ client }: WebhookCall, { address, serverName }: Destination): Agent {
    const key = JSON.stringify([address.host, address.port, serverName, client.ca ?? ""])
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#agents.keys()
    if (this.#agents.size >= limits.agentsMax && oldest !== undefined) this.#agents.delete(oldest)
    const agent = new Agent({
      keepAlive: true,
      maxSockets: limits.connectionsPerWebhookMax,
      maxFreeSockets: limits.idleConnectionsPerWebhookMax,
      timeout: limits.idleConnectionMs,
      rejectUnauthorized: true,
      ...(client.ca === undefined ? {} : { ca: client.ca }),
    })
    this.#agents.set(key, agent)
    return agent
  }

  async #post(call: WebhookCall, destination: Destination): Promise<Uint8Array> {
    const giveUp = new AbortController()
    let why = "context canceled"
    const abandon = (): void => giveUp.abort()
    const cancel = this.#ambient.timer(call.timeoutSeconds * 1000, () => {
      why = "context deadline exceeded"
      giveUp.abort()
    })
    call.signal?.addEventListener("abort", abandon, { once: true })
    try {
      const { status, body } = await this.#ask(call, destination, giveUp.signal)
      if (status >= 200 && status <= 299) return body
      throw new PostError("Connection", `the webhook answered with HTTP status ${status}`)
    } catch (error) {
      if (!(error instanceof PostError)) throw error
      const text = error.reason === "Aborted" ? why : failureText(error, destination.address)
      throw new WebhookCallError(`Post ${JSON.stringify(destination.url)}: ${text}`, { cause: error })
    } finally {
      cancel()
      call.signal?.removeEventListener("abort", abandon)
    }
  }

  /** Once more where a kept connection turned out to be none. */
  async #ask(call: WebhookCall, destination: Destination, signal: AbortSignal): Promise<PostAnswer> {
    const { address, serverName, path, url } = destination
    const body = Buffer.from(JSON.stringify(call.document))
    const options = {
      agent: this.#agent(call, destination),
      host: address.host,
      port: address.port,
      servername: isIP(serverName) === 0 ? serverName : "",
      path,
      headers: {
        host: new URL(url).host,
        "content-type": "application/json",
        accept: "application/json, */*",
        "content-length": body.length,
        "user-agent": "miren-apiserver-admission",
      },
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await post(options, body, signal)
      } catch (error) {
        const isStale = error instanceof PostError && error.reason === "Stale"
        if (!isStale || attempt > limits.idleConnectionsPerWebhookMax) throw error
      }
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }
}

const parseAnswer = (body: Uint8Array): MutableJson => {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body)
  const scan = scanJson(text, serverLimits.jsonDepthMax)
  if (scan.depth > serverLimits.jsonDepthMax)
    throw new SyntaxError(`the answer is nested deeper than ${serverLimits.jsonDepthMax} levels`)
  if (scan.forbidden !== undefined)
    throw new SyntaxError(`the key ${JSON.stringify(scan.forbidden)} is not accepted`)
  return JSON.parse(text)
}

const answerOf = (body: Uint8Array): MutableObject => {
  try {
    const value = parseAnswer(body)
    if (isObject(value)) return value
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "malformed"
    throw new WebhookCallError(`couldn't get version/kind; json parse error: ${why}`, { cause })
  }
  throw new WebhookCallError("couldn't get version/kind; json parse error: the answer is not an object")
}
