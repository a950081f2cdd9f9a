/** A client of a running system whose requests are written down, and compared with those that it is known for. */
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect } from "vitest"
import { REPOSITORY } from "../own-namespaces.ts"
import { type System, type WorldKind, worlds } from "../system.ts"
import { startProxy } from "./proxy.ts"
import { differences, parseRecording, Recorder, recordingText } from "./recording.ts"

export interface RecordedClient {
  /** The client is to use this one. */
  readonly kubeconfig: string
  readonly close: () => Promise<void>
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { server: string } }]
  readonly users: readonly [{ readonly user: { readonly [field: string]: string } }]
}

const pem = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("utf8")

/** What one client asks in all worlds of this run. */
export class ClientRecording {
  readonly #client: string
  readonly #recorder = new Recorder()
  readonly #seen = new Set<WorldKind>()
  #proxies = 0

  /** `client` is how it is called in words and as a file name: `kubectl 1.33`. */
  constructor(client: string) {
    this.#client = client
  }

  get #file(): string {
    return join(REPOSITORY, "test/golden/clients", `${this.#client.replaceAll(/[^a-z0-9.]+/gi, "-")}.txt`)
  }

  async open(system: System): Promise<RecordedClient> {
    const pki = join(system.dataDir, "pki")
    const read = (name: string) => readFileSync(join(pki, name), "utf8")
    const config: Kubeconfig = JSON.parse(readFileSync(system.kubeconfig, "utf8"))
    const { user } = config.users[0]
    const proxy = await startProxy({
      url: system.url,
      ca: read("ca.crt"),
      server: { cert: read("server.crt"), key: read("server.key") },
      client: { cert: pem(user["client-certificate-data"]), key: pem(user["client-key-data"]) },
      onAsked: (asked) => this.#recorder.add(asked),
    })
    config.clusters[0].cluster.server = proxy.url
    this.#proxies += 1
    const kubeconfig = join(system.dataDir, `recorded-${this.#proxies}.kubeconfig`)
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 })
    const { uid, gid } = statSync(system.kubeconfig)
    chownSync(kubeconfig, uid, gid)
    this.#seen.add(system.kind)
    return { kubeconfig, close: proxy.close }
  }

  /** Fails with a sentence for each request that is otherwise than in the golden file; GOLDEN_UPDATE=1 writes the file. */
  expectAsKnown(): void {
    const before = parseRecording(existsSync(this.#file) ? readFileSync(this.#file, "utf8") : "")
    const now = this.#recorder.recording
    if (process.env.GOLDEN_UPDATE !== undefined) {
      mkdirSync(dirname(this.#file), { recursive: true })
      writeFileSync(this.#file, recordingText(this.#client, now, before))
      return
    }
    const isWhole = worlds.every((kind) => this.#seen.has(kind)) && worlds.includes("real")
    expect(differences(this.#client, { before, now }, isWhole), this.#file).toEqual([])
  }
}
