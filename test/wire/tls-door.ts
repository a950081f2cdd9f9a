/** The HTTPS door of a server under test, and clients that see headers as they come. */
import { mkdtemp, rm } from "node:fs/promises"
import type { IncomingMessage } from "node:http"
import { type ClientHttp2Session, connect } from "node:http2"
import { Agent, request as httpsRequest, type RequestOptions } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Scope } from "effect"
import { ensurePki, issueClientCertificate, type KeyPair, listen } from "../../apiserver/index.ts"
import type { World } from "./documents.ts"

interface Identity {
  readonly ca: string
  readonly server: KeyPair
  readonly client: KeyPair
}

/** Made once for all doors of a process. */
let identity: Promise<Identity> | undefined

const makeIdentity = async (): Promise<Identity> => {
  const dir = await mkdtemp(join(tmpdir(), "miren-wire-pki-"))
  const now = Date.now()
  try {
    const pki = await Effect.runPromise(ensurePki({ dir, hosts: ["127.0.0.1"], now }))
    const issued = issueClientCertificate({
      ca: pki.ca,
      user: "admin",
      groups: ["system:masters"],
      days: 1,
      now,
    })
    return { ca: pki.ca.certificate, server: pki.server, client: await Effect.runPromise(issued) }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

export type Asked = Pick<RequestOptions, "method" | "headers"> & {
  readonly body?: string
  /** Without the certificate of the administrator. */
  readonly asNobody?: boolean
}

export interface Door {
  readonly url: string
  readonly ca: string
  /** A request as its administrator: settles when the head is there. */
  open(path: string, options?: Asked): Promise<IncomingMessage>
  http2(): ClientHttp2Session
  /** Closes the server's side. */
  close(): Promise<void>
  /** Ends what the clients hold open. */
  release(): void
}

export const openDoor = async (world: World): Promise<Door> => {
  identity ??= makeIdentity()
  const { ca, server, client } = await identity
  const scope = await Effect.runPromise(Scope.make())
  const tls = { cert: server.certificate, key: server.privateKey }
  const options = { server: world.server, host: "127.0.0.1", port: 0, tls, clientCA: ca }
  const { url, port } = await Effect.runPromise(Scope.provide(listen(options), scope))
  const agent = new Agent({ keepAlive: false })
  const credentials = { ca, cert: client.certificate, key: client.privateKey }
  const sessions: ClientHttp2Session[] = []
  return {
    url,
    ca,
    open: (path, { body, asNobody, ...more } = {}) =>
      new Promise((resolve, reject) => {
        const shown = asNobody === true ? { ca } : credentials
        const request = httpsRequest({ host: "127.0.0.1", port, path, agent, ...shown, ...more })
        request.on("error", reject)
        request.on("response", resolve)
        request.end(body)
      }),
    http2: () => {
      const session = connect(url, credentials)
      sessions.push(session)
      return session
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
    release: () => {
      agent.destroy()
      for (const session of sessions) session.destroy()
    },
  }
}

/** What a response has told when it ends. */
export const textOf = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks)
}
