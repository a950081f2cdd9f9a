/** What a node and its sandboxes use, as the node says: asked with the server's own certificate, read once and bounded. */
import { request as httpsRequest } from "node:https"
import type { Ambient } from "../ambient.ts"
import { isObject } from "../body-object.ts"
import { limits } from "../limits.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { failure } from "../status-error.ts"
import type { ConnectConfig } from "./config.ts"
import type { NodeAddress } from "./node-address.ts"

export interface Usage {
  readonly cpuNanosPerSecond: number
  readonly memoryBytes: number
}

export interface NodeStats {
  readonly timeMs: number
  readonly windowMs: number
  readonly node: Usage
  readonly sandboxes: ReadonlyArray<Usage & { readonly namespace: string; readonly name: string }>
}

export interface NodeStatsOptions {
  readonly tls: ConnectConfig["clientTls"]
  readonly ambient: Ambient
  readonly address: NodeAddress
}

const numberAt = (object: MutableObject, key: string): number => {
  const value = object[key]
  return typeof value === "number" && value >= 0 ? value : 0
}

const usageOf = (value: MutableJson | undefined): Usage => {
  const object = isObject(value) ? value : {}
  return {
    cpuNanosPerSecond: numberAt(object, "cpuNanosPerSecond"),
    memoryBytes: numberAt(object, "memoryBytes"),
  }
}

const parse = (text: string): NodeStats => {
  const value: MutableJson = JSON.parse(text)
  const stats = isObject(value) ? value : {}
  const sandboxes = Array.isArray(stats.sandboxes) ? stats.sandboxes.filter(isObject) : []
  return {
    timeMs: numberAt(stats, "timeMs"),
    windowMs: numberAt(stats, "windowMs"),
    node: usageOf(stats.node),
    sandboxes: sandboxes.map((sandbox) => ({
      namespace: stringOf(sandbox, "namespace"),
      name: stringOf(sandbox, "name"),
      ...usageOf(sandbox),
    })),
  }
}

/** Rejects with `ServiceUnavailable` where the node does not answer, or not with what was asked for. */
export const readNodeStats = ({ tls, ambient, address }: NodeStatsOptions): Promise<NodeStats> =>
  new Promise((resolve, reject) => {
    const { host, port, node } = address
    const fail = (cause: unknown): void =>
      reject(failure("ServiceUnavailable", `node ${node} does not say what it uses`, { cause }))
    const { cert, key, ca } = tls
    const asked = httpsRequest({ host, port, path: "/stats", agent: false, cert, key, ca })
    const cancel = ambient.timer(limits.connectMs, () => asked.destroy(new Error("no answer in time")))
    asked.on("close", cancel)
    asked.on("error", fail)
    asked.on("response", (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on("data", (chunk: Buffer) => {
        size += chunk.length
        if (size > limits.nodeStatsBytesMax) asked.destroy(new Error("the answer is too large"))
        else chunks.push(chunk)
      })
      response.on("error", fail)
      response.on("end", () => {
        if (response.statusCode !== 200) return fail(new Error(`status ${response.statusCode}`))
        try {
          resolve(parse(Buffer.concat(chunks).toString("utf8")))
        } catch (cause) {
          fail(cause)
        }
      })
    })
    asked.end()
  })
