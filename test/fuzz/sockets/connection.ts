/** One scripted connection, and what the server made of it. */
import type { TLSSocket } from "node:tls"
import { statusReasons } from "../../../schemas/index.ts"
import type { Door } from "./doors.ts"
import type { Script, SocketSlice } from "./script.ts"

export interface Outcome {
  /** Of the first answer; 0 when the connection was closed without one, 1 for an HTTP/2 connection that was not. */
  readonly status: number
  /** What is wrong; undefined when nothing is. */
  readonly wrong: string | undefined
}

/** After the last byte, before a client gives up on a connection that stays open. */
const idleMs = 25
/** For the first byte of an answer: what has none by then is waiting for more of the request. */
const firstMs = 150
const answerMs = 10_000

interface Reading {
  bytes: Buffer
  closed: boolean
  wake: () => void
}

const reading = (socket: TLSSocket): Reading => {
  const state: Reading = { bytes: Buffer.alloc(0), closed: false, wake: () => {} }
  socket.on("data", (chunk: Buffer) => {
    // What a watch or a flood says beyond this is of no interest.
    if (state.bytes.length < 65_536) state.bytes = Buffer.concat([state.bytes, chunk])
    state.wake()
  })
  const ended = (): void => {
    state.closed = true
    state.wake()
  }
  socket.on("close", ended)
  socket.on("end", ended)
  socket.on("error", ended)
  return state
}

/** Until something comes, the peer ends, or so much time has passed. */
const news = (state: Reading, ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    if (state.closed) return resolve(true)
    const timer = setTimeout(() => resolve(false), ms)
    state.wake = () => {
      clearTimeout(timer)
      resolve(true)
    }
  })

const settled = async (state: Reading): Promise<void> => {
  if (state.bytes.length === 0 && !state.closed) await news(state, firstMs)
  while (!state.closed && (await news(state, idleMs)));
}

const reasons: { readonly [reason: string]: { readonly code: number } } = statusReasons

/** What is wrong with what came. */
const fault = (text: string): string | undefined => {
  for (const [, code = "", head = "", body = ""] of text.matchAll(
    /HTTP\/1\.1 (\d{3})([\s\S]*?)\r\n\r\n([\s\S]*?)(?=HTTP\/1\.1 \d{3}|$)/g,
  )) {
    const status = Number(code)
    if (status >= 500) return `answered with ${status}: ${body.slice(0, 300)}`
    if (status < 400 || !/application\/json/i.test(head) || /transfer-encoding/i.test(head)) continue
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? body.length)
    if (Buffer.byteLength(body, "latin1") < length) continue
    const told: { code?: unknown; reason?: unknown; kind?: unknown } = JSON.parse(
      Buffer.from(body.slice(0, length), "latin1").toString("utf8"),
    )
    if (
      told.kind !== "Status" ||
      told.code !== status ||
      typeof told.reason !== "string" ||
      !Object.hasOwn(reasons, told.reason)
    )
      return `the body of a ${status} is no Status of it: ${body.slice(0, 300)}`
  }
  return undefined
}

const write = (socket: TLSSocket, bytes: string | Uint8Array): void => {
  if (socket.writable) socket.write(bytes)
}

const statusOf = (bytes: Buffer, isHttp2: boolean): number => {
  if (isHttp2) return bytes.length > 0 ? 1 : 0
  const found = /^HTTP\/1\.[01] (\d{3})/.exec(bytes.subarray(0, 20).toString("latin1"))
  return Number(found?.[1] ?? 0)
}

const play = async (socket: TLSSocket, state: Reading, { upgrade, pieces, end }: Script): Promise<void> => {
  if (upgrade !== undefined) {
    write(socket, upgrade)
    await news(state, answerMs)
    if (statusOf(state.bytes, false) !== 101) return settled(state)
  }
  for (const piece of pieces) {
    write(socket, piece)
    if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve))
  }
  if (end === "break") return
  if (end === "half") socket.end()
  await settled(state)
}

export const converse = async (door: Door, slice: SocketSlice, script: Script): Promise<Outcome> => {
  const isHttp2 = slice.door === "api-http2"
  const socket = await door.open(isHttp2 ? "h2" : undefined)
  const state = reading(socket)
  try {
    await play(socket, state, script)
  } finally {
    socket.destroy()
  }
  return {
    status: statusOf(state.bytes, isHttp2),
    wrong: isHttp2 ? undefined : fault(state.bytes.toString("latin1")),
  }
}
