/** A server in memory for programs outside of the process: loopback HTTPS, and a kubeconfig that only this user may read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
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
  /** The same in a file, 0600, gone with the server: `KUBECONFIG=… kubectl get …`. */
  readonly kubeconfigFile: string
}

const refuse = (reason: StartError["reason"]) => (cause: { readonly message: string }) =>
  new StartError({ reason, message: cause.message, cause })

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "miren-memory-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** Listens on 127.0.0.1, on a free port unless one is given. Certificates and connections go by the machine's time. */
export const listenOnLoopback = Effect.fnUntraced(function* (
  server: ApiServer,
  port: number,
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
  const kubeconfigFile = join(folder, "kubeconfig")
  writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 })
  return { ...listening, kubeconfig, kubeconfigFile }
})
