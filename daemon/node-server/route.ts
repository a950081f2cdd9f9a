/**
 * What a request asks of the node, parsed once and bounded: the logs of a sandbox, a process in it, its ports, or what all use.
 * Start with {@link parseRoute}.
 */
import { Data, Result } from "effect"
import { limits } from "./limits.ts"
import { Refusal } from "./refusal.ts"

export interface SandboxName {
  readonly namespace: string
  readonly name: string
}

export interface LogQuery {
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  /** Epoch milliseconds. */
  readonly sinceTime?: number
  readonly limitBytes?: number
}

/** Which streams the client wants. */
export interface StreamQuery {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export interface ExecQuery extends StreamQuery {
  readonly command: ReadonlyArray<string>
}

export type Route = Data.TaggedEnum<{
  Log: { readonly sandbox: SandboxName; readonly query: LogQuery }
  Exec: { readonly sandbox: SandboxName; readonly query: ExecQuery }
  Attach: { readonly sandbox: SandboxName; readonly query: StreamQuery }
  /** The ports are told beforehand by clients that have one connection for each. */
  PortForward: { readonly sandbox: SandboxName; readonly ports: ReadonlyArray<number> }
  Stats: Record<never, never>
}>
export const Route = Data.taggedEnum<Route>()

/** The route of a path with query, as sent. */
export const parseRoute = (url: string): Result.Result<Route, Refusal> => {
  if (url.length > limits.urlCharacters) {
    return refuse(
      "RequestEntityTooLarge",
      `the request's path and query must not pass ${limits.urlCharacters} characters`,
    )
  }
  if (!URL.canParse(url, "https://node")) return refuse("BadRequest", "the request's path is not a URL path")
  const { pathname, searchParams } = new URL(url, "https://node")
  const [root, sandboxes, namespace, name, verb, ...rest] = pathname.split("/").map(decodePart)
  if (pathname === "/stats") return Result.succeed(Route.Stats())
  const isSandbox = root === "" && sandboxes === "sandboxes" && rest.length === 0
  if (!isSandbox || !namespace || !name) return nowhere()
  const sandbox = { namespace, name }
  switch (verb) {
    case "log":
      return Result.map(parseLogQuery(searchParams), (query) => Route.Log({ sandbox, query }))
    case "exec":
      return Result.map(parseExecQuery(searchParams), (query) => Route.Exec({ sandbox, query }))
    case "attach":
      return Result.map(parseStreamQuery(searchParams), (query) => Route.Attach({ sandbox, query }))
    case "portforward":
      return Result.map(parsePorts(searchParams), (ports) => Route.PortForward({ sandbox, ports }))
    default:
      return nowhere()
  }
}

const parsePorts = (query: URLSearchParams): Result.Result<ReadonlyArray<number>, Refusal> => {
  const texts = query.getAll("ports").flatMap((text) => text.split(","))
  const ports = texts.filter((text) => text !== "").map((text) => (/^\d{1,5}$/.test(text) ? Number(text) : 0))
  if (ports.length > limits.forwardedPorts || ports.some((port) => port < 1 || port > 65_535))
    return refuse("BadRequest", `ports: at most ${limits.forwardedPorts} numbers from 1 to 65535`)
  return Result.succeed(ports)
}

const nowhere = (): Result.Result<never, Refusal> =>
  refuse(
    "NotFound",
    "this node serves /stats and /sandboxes/NAMESPACE/NAME/ with log, exec, attach and portforward",
  )

const parseLogQuery = (query: URLSearchParams): Result.Result<LogQuery, Refusal> => {
  const tailLines = integerIn(query, "tailLines", { least: 0, most: limits.tailLines })
  if (Result.isFailure(tailLines)) return Result.fail(tailLines.failure)
  const sinceSeconds = integerIn(query, "sinceSeconds", { least: 1, most: Number.MAX_SAFE_INTEGER / 1000 })
  if (Result.isFailure(sinceSeconds)) return Result.fail(sinceSeconds.failure)
  const limitBytes = integerIn(query, "limitBytes", { least: 1, most: Number.MAX_SAFE_INTEGER })
  if (Result.isFailure(limitBytes)) return Result.fail(limitBytes.failure)
  const sinceTime = Date.parse(query.get("sinceTime") || "1970-01-01T00:00:00Z")
  if (Number.isNaN(sinceTime)) return refuse("BadRequest", "sinceTime: must be a time as in RFC 3339")
  return Result.succeed({
    follow: isSet(query, "follow"),
    previous: isSet(query, "previous"),
    timestamps: isSet(query, "timestamps"),
    ...(tailLines.success === undefined ? {} : { tailLines: tailLines.success }),
    ...(sinceSeconds.success === undefined ? {} : { sinceSeconds: sinceSeconds.success }),
    ...(sinceTime === 0 ? {} : { sinceTime }),
    ...(limitBytes.success === undefined ? {} : { limitBytes: limitBytes.success }),
  })
}

const parseExecQuery = (query: URLSearchParams): Result.Result<ExecQuery, Refusal> => {
  const command = query.getAll("command")
  const characters = command.reduce((sum, word) => sum + word.length, 0)
  if (command.length === 0 || command[0] === "") {
    return refuse(
      "BadRequest",
      "command: name the program to run, and each of its arguments, as ?command=...&command=...",
    )
  }
  if (command.length > limits.commandWords || characters > limits.commandCharacters) {
    return refuse(
      "RequestEntityTooLarge",
      `command: at most ${limits.commandWords} words and ${limits.commandCharacters} characters in all`,
    )
  }
  return Result.map(parseStreamQuery(query), (streams) => ({ ...streams, command }))
}

const parseStreamQuery = (query: URLSearchParams): Result.Result<StreamQuery, Refusal> => {
  const parsed = {
    stdin: isSet(query, "stdin"),
    stdout: isSet(query, "stdout"),
    stderr: isSet(query, "stderr"),
    tty: isSet(query, "tty"),
  }
  return parsed.stdin || parsed.stdout || parsed.stderr
    ? Result.succeed(parsed)
    : refuse("BadRequest", "ask for at least one of stdin, stdout, stderr")
}

const refuse = (reason: Refusal["reason"], message: string): Result.Result<never, Refusal> =>
  Result.fail(new Refusal({ reason, message }))

/** `?follow`, `?follow=true` and `?follow=1` are set, as the Kubernetes API reads booleans. */
const isSet = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name)
  return value === "" || value === "true" || value === "1"
}

const integerIn = (
  query: URLSearchParams,
  name: string,
  range: { readonly least: number; readonly most: number },
): Result.Result<number | undefined, Refusal> => {
  const text = query.get(name)
  if (text === null || text === "") return Result.succeed(undefined)
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return value >= range.least && value <= range.most
    ? Result.succeed(value)
    : refuse("BadRequest", `${name}: must be a whole number from ${range.least} to ${Math.floor(range.most)}`)
}

/** A malformed escape stays as it was sent: no sandbox has such a name. */
const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
