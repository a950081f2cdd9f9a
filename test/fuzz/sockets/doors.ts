/** The servers that a client reaches by a socket: the API's over TLS, and a node's. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls"
import { Effect, Exit, Logger, Scope } from "effect"
import { ApiServer, ensurePki, issueClientCertificate, listen } from "../../../apiserver/index.ts"
import { type World as NodeWorld, started, tlsOf } from "../../../daemon/node-server/testing/world.ts"
import { definitions } from "../../../schemas/index.ts"
import { makeMemoryStore } from "../../../store/index.ts"
import { configMaps, crds, pathOf, secrets, widgetsName } from "../corpus.ts"
import type { SocketSlice } from "./script.ts"

export interface Door {
  /** A connection as somebody who may ask. */
  readonly open: (alpn?: string) => Promise<TLSSocket>
  /** The revision of its store; 0 where it has none. */
  readonly revision: () => Promise<bigint>
  /** What it has logged as faults of its own since it was last asked. */
  readonly takeFaults: () => ReadonlyArray<string>
  /** A request that every client makes; undefined when it is answered as ever. */
  readonly fault: () => Promise<string | undefined>
  readonly close: () => Promise<void>
}

const opened = (options: ConnectionOptions): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket))
    socket.on("error", reject)
  })

/** All that comes until the peer ends the connection. */
const wholeAnswer = async (socket: TLSSocket, request: string): Promise<string> => {
  socket.write(request)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString("latin1")
}

const askFor = async (door: Pick<Door, "open">, path: string): Promise<string | undefined> => {
  const socket = await door.open()
  const answer = await wholeAnswer(socket, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  return answer.startsWith("HTTP/1.1 200")
    ? undefined
    : `${path} is not answered any more: ${answer.slice(0, 300)}`
}

const faultLogger = (faults: string[]) =>
  Logger.layer([
    Logger.make(({ message, logLevel, cause }) => {
      if (["Error", "Fatal"].includes(logLevel)) faults.push(`${String(message)} ${String(cause)}`)
    }),
  ])

const openApi = async (): Promise<Door> => {
  const scope = await Effect.runPromise(Scope.make())
  const dir = await mkdtemp(join(tmpdir(), "miren-fuzz-pki-"))
  const now = Date.now()
  const faults: string[] = []
  const store = makeMemoryStore({ historyRevisionsMax: 2_000 })
  try {
    const program = Effect.gen(function* () {
      const pki = yield* ensurePki({ dir, hosts: ["127.0.0.1"], now })
      const admin = yield* issueClientCertificate({
        ca: pki.ca,
        user: "admin",
        groups: ["system:masters"],
        days: 1,
        now,
      })
      const server = yield* ApiServer.make({ store, definitions })
      yield* server.ready
      const tls = { cert: pki.server.certificate, key: pki.server.privateKey }
      const { port } = yield* listen({
        server,
        host: "127.0.0.1",
        port: 0,
        tls,
        clientCA: pki.ca.certificate,
      })
      return {
        server,
        port,
        identity: { ca: pki.ca.certificate, cert: admin.certificate, key: admin.privateKey },
      }
    })
    const { server, port, identity } = await Effect.runPromise(
      program.pipe(Scope.provide(scope), Effect.provide(faultLogger(faults))),
    )
    const post = async (path: string, object: object): Promise<void> => {
      const { status } = await server
        .inProcess({ name: "admin", groups: ["system:masters"] })
        .request({ method: "POST", path, headers: {}, body: Buffer.from(JSON.stringify(object)) })
      if (status >= 300) throw new Error(`POST ${path} was refused with ${status}`)
    }
    await post(pathOf(crds), crds.object(widgetsName))
    await post(pathOf(configMaps), configMaps.object("base"))
    const open = (alpn?: string): Promise<TLSSocket> =>
      opened({
        host: "127.0.0.1",
        port,
        ...identity,
        ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      })
    return {
      open,
      revision: async () => (await store.get("/registry/")).revision,
      takeFaults: () => faults.splice(0),
      fault: () => askFor({ open }, `${pathOf(secrets)}?limit=1`),
      close: async () => {
        await Effect.runPromise(Scope.close(scope, Exit.void))
        await store.close()
      },
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const openNode = async (): Promise<Door> => {
  const scope = await Effect.runPromise(Scope.make())
  const faults: string[] = []
  const world: NodeWorld = await Effect.runPromise(
    started(["serve"]).pipe(Scope.provide(scope), Effect.provide(faultLogger(faults))),
  )
  const { host, port } = world.server
  const open = (): Promise<TLSSocket> =>
    opened({ host, port, ...tlsOf(world, "apiserver") } as ConnectionOptions)
  return {
    open,
    revision: async () => 0n,
    takeFaults: () => faults.splice(0),
    fault: async () => {
      for (let waits = 0; world.attached.count > 0; waits++) {
        if (waits > 500) return `${world.attached.count} processes are attached to connections that are gone`
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return askFor({ open }, "/stats")
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}

export const openDoor = ({ door }: SocketSlice): Promise<Door> => (door === "node" ? openNode() : openApi())
