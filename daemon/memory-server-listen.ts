/** A server in memory for programs outside of the process: loopback HTTPS, and a kubeconfig that only this user may read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, type Scope } from "effect"
import {
  type ApiServer,
  adminKubeconfig,
  ensurePki,
  issueClientCertificate,
  type Listening,
  listen,
  systemAmbient,
} from "../apiserver/index.ts"
import { StartError } from "./start-error.ts"

export interface MemoryServerListening extends Listening {
  /** The text of a kubeconfig: an administrator's. */
  readonly kubeconfig: string
  /** The same in a file, 0600, gone with the server: for `KUBECONFIG=… kubectl get …`. */
  readonly kubeconfigFile: string
}

const refuse = (reason: StartError["reason"]) => (cause: { readonly message: string }) =>
  new StartError({ reason, message: cause.message, cause })

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "miren-memory-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

export interface MemoryServerListenOptions {
  /** A free one by default. */
  readonly port?: number
  /** Where the kubeconfig is written to, its folder made where it is missing; a temporary folder by default. */
  readonly kubeconfigFile?: string
}

/** Writes the file for the length of the Scope. */
const writeKubeconfig = (file: string, text: string): Effect.Effect<void, StartError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(dirname(file), { recursive: true })
        rmSync(file, { force: true })
        writeFileSync(file, text, { mode: 0o600 })
      },
      catch: (cause) => new StartError({ reason: "DataDir", message: `${file} cannot be written`, cause }),
    }),
    () => Effect.sync(() => rmSync(file, { force: true })),
  )

/** Listens on 127.0.0.1, for the length of the Scope. Certificates and connections go by the machine's time. */
export const listenOnLoopback = Effect.fnUntraced(function* (
  server: ApiServer,
  { port = 0, kubeconfigFile }: MemoryServerListenOptions,
): Effect.fn.Return<MemoryServerListening, StartError, Scope.Scope> {
  const folder = yield* temporaryFolder
  const host = "127.0.0.1"
  const now = systemAmbient.now()
  const pki = yield* ensurePki({ dir: join(folder, "pki"), hosts: [host], now }).pipe(
    Effect.mapError(refuse("Pki")),
  )
  const identity = { user: "miren:admin", groups: ["system:masters"], days: 1, now }
  const client = yield* issueClientCertificate({ ca: pki.ca, ...identity }).pipe(
    Effect.mapError(refuse("Pki")),
  )
  const tls = { cert: pki.server.certificate, key: pki.server.privateKey }
  const listening = yield* listen({ server, host, port, tls, clientCA: pki.ca.certificate }).pipe(
    Effect.mapError(refuse("Listen")),
  )
  const kubeconfig = adminKubeconfig({
    server: listening.url,
    ca: pki.ca.certificate,
    client,
    name: "memory",
  })
  const file = kubeconfigFile ?? join(folder, "kubeconfig")
  yield* writeKubeconfig(file, kubeconfig)
  return { ...listening, kubeconfig, kubeconfigFile: file }
})
