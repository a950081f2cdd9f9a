/** The server that is measured: `mctl server` as a child over a real etcd, and an HTTPS client with its admin certificate. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { Agent, request } from "node:https"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parse } from "yaml"

const mctl = resolve(import.meta.dirname, "..", "bin", "mctl")

export interface Call {
  readonly method: string
  readonly path: string
  readonly body?: Buffer
  readonly contentType?: string
  readonly accept?: string
}

export interface HttpsClient {
  /** Resolves with the body; rejects on any status of 400 or more. */
  readonly call: (call: Call) => Promise<Buffer>
  readonly close: () => void
}

export interface Credentials {
  readonly port: number
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

/** A keep-alive client with as many sockets as it needs; the same for the subject and for every yardstick. */
export const httpsClient = (to: Credentials): HttpsClient => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, ca: to.ca, cert: to.cert, key: to.key })
  const call = ({ method, path, body, accept, contentType = "application/json" }: Call): Promise<Buffer> =>
    new Promise((resolve_, reject) => {
      const headers = {
        ...(body === undefined ? {} : { "content-type": contentType, "content-length": body.length }),
        ...(accept === undefined ? {} : { accept }),
      }
      const sent = request({ host: "127.0.0.1", port: to.port, method, path, agent, headers }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () => {
          const answer = Buffer.concat(chunks)
          if ((response.statusCode ?? 500) < 400) resolve_(answer)
          else
            reject(
              new Error(`${method} ${path}: ${response.statusCode} ${answer.toString("utf8").slice(0, 300)}`),
            )
        })
      })
      sent.on("error", reject)
      sent.end(body)
    })
  return { call, close: () => agent.destroy() }
}

export interface Subject {
  readonly client: HttpsClient
  readonly credentials: Credentials
  readonly pid: number
  readonly stop: () => Promise<void>
}

interface Kubeconfig {
  readonly clusters: ReadonlyArray<{
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string }
  }>
  readonly users: ReadonlyArray<{
    readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string }
  }>
}

const decode = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString("utf8")

export const startSubject = async (store: "etcd" | "memory" = "etcd"): Promise<Subject> => {
  const dataDir = mkdtempSync(join(tmpdir(), "miren-bench-"))
  const child: ChildProcess = spawn(
    mctl,
    [
      "server",
      "--data-dir",
      dataDir,
      "--listen",
      "127.0.0.1:0",
      "--store",
      store,
      "--runtime",
      "fake",
      "--roles",
      "api",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const port = await new Promise<number>((resolve_, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      const line = /^ready https:\/\/\S+:(\d+)$/m.exec(chunk.toString("utf8"))
      if (line?.[1] !== undefined) resolve_(Number(line[1]))
    })
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const config = parse(readFileSync(join(dataDir, "admin.kubeconfig"), "utf8")) as Kubeconfig
  const credentials: Credentials = {
    port,
    ca: decode(config.clusters[0]?.cluster["certificate-authority-data"]),
    cert: decode(config.users[0]?.user["client-certificate-data"]),
    key: decode(config.users[0]?.user["client-key-data"]),
  }
  const client = httpsClient(credentials)
  return {
    client,
    credentials,
    pid: Number(readFileSync(join(dataDir, "server.pid"), "utf8")),
    stop: async () => {
      client.close()
      const gone = new Promise((resolve_) => child.once("exit", resolve_))
      process.kill(Number(readFileSync(join(dataDir, "server.pid"), "utf8")), "SIGTERM")
      await gone
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
