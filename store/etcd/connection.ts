/**
 * Calls to one of several etcd endpoints, without etcd3's own retries and circuit breaker.
 *
 * Guarantees: a read moves on to the next endpoint when one fails; a write does so only when it was never sent. A
 * write whose fate is unknown rejects with `Unavailable` and is not repeated.
 */
import { Etcd3, type IOptions, type IWatchRequest, type IWatchResponse } from "etcd3"
import { wallClockMs } from "../ambient.ts"
import { type Revision, StoreError } from "../store.ts"
import { channelOptions, type EtcdTls } from "./channel.ts"
import { isNeverSent, storeErrorOf } from "./errors.ts"
import { callTimeoutMs } from "./limits.ts"

export interface EtcdEndpoints {
  /** `http://host:port`, `https://host:port` or `unix:///path/of/socket`. */
  readonly endpoints: ReadonlyArray<string>
  readonly tls?: EtcdTls
  readonly auth?: { readonly username: string; readonly password: string }
}

/** etcd's raw watch stream, as etcd3 opens it. */
export interface WatchStream {
  on(event: "data", listener: (response: IWatchResponse) => void): unknown
  on(event: "error", listener: (error: Error) => void): unknown
  on(event: "end", listener: () => void): unknown
  write(request: IWatchRequest): void
  cancel(): void
}

export class EtcdConnection {
  readonly #clients: ReadonlyArray<Etcd3>
  readonly #names: ReadonlyArray<string>
  #at = 0
  #closed: StoreError | undefined
  /** The newest revision that any answer has told of. */
  lastSeen: Revision = 1n

  constructor(to: EtcdEndpoints) {
    if (to.endpoints.length === 0) throw new TypeError("an etcd store needs at least one endpoint")
    this.#names = to.endpoints
    this.#clients = to.endpoints.map((endpoint) => new Etcd3(clientOptions(endpoint, to)))
  }

  /** A call that may be repeated: it changes nothing. */
  read<A>(key: string, call: (client: Etcd3) => Promise<A>): Promise<A> {
    return this.#call(key, { call, mayRepeat: () => true })
  }

  /** A call that must not happen twice. */
  write<A>(key: string, call: (client: Etcd3) => Promise<A>): Promise<A> {
    return this.#call(key, { call, mayRepeat: isNeverSent })
  }

  /** Notes the revision in an answer's header. */
  seen(header: { readonly revision: string }): Revision {
    const revision = BigInt(header.revision)
    if (revision > this.lastSeen) this.lastSeen = revision
    return revision
  }

  /** The revision that etcd's majority is at: linearizable. */
  async newestRevision(): Promise<Revision> {
    const { header } = await this.read("revision", (client) =>
      client.kv.range({ key: anyKey, count_only: true }),
    )
    return this.seen(header)
  }

  /** Takes etcd at its word that its history is shorter than what it once told: it was restored from a backup. */
  rewind(revision: Revision): void {
    this.lastSeen = revision
  }

  async openWatch(): Promise<WatchStream> {
    this.#assertOpen("watch")
    return this.#client().watchClient.watch()
  }

  /** Lets the next calls go to another endpoint. */
  moveOn(): void {
    this.#at = (this.#at + 1) % this.#clients.length
  }

  close(error: StoreError): void {
    this.#closed = error
    for (const client of this.#clients) client.close()
  }

  async #call<A>(
    key: string,
    { call, mayRepeat }: { call: (client: Etcd3) => Promise<A>; mayRepeat: (cause: unknown) => boolean },
  ): Promise<A> {
    // A single endpoint gets a second try as well: a pooled connection may have died while idle.
    for (let tries = Math.max(2, this.#clients.length); ; tries--) {
      this.#assertOpen(key)
      const at = this.#at
      try {
        return await call(this.#client())
      } catch (cause) {
        if (this.#closed !== undefined) throw this.#closed
        const error = storeErrorOf(cause, key)
        if (error.reason !== "Unavailable") throw error
        if (at === this.#at) this.moveOn()
        if (tries <= 1 || !mayRepeat(cause)) throw error
      }
    }
  }

  #client(): Etcd3 {
    const client = this.#clients[this.#at]
    if (client === undefined)
      throw new Error(`no etcd endpoint number ${this.#at} in ${this.#names.join(", ")}`)
    return client
  }

  #assertOpen(key: string): void {
    if (this.#closed !== undefined) throw new StoreError("Closed", key, { message: "the store is closed" })
  }
}

const anyKey = Buffer.from("/")

const clientOptions = (endpoint: string, { tls, auth }: EtcdEndpoints): IOptions => ({
  hosts: [endpoint],
  ...(auth === undefined ? {} : { auth }),
  ...(tls === undefined ? {} : { credentials: credentialsOf(tls) }),
  defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: wallClockMs() + callTimeoutMs }),
  faultHandling: { global: noPolicy, host: () => noPolicy },
  grpcOptions: channelOptions(endpoint, tls),
})

const credentialsOf = ({ ca, cert, key }: EtcdTls): NonNullable<IOptions["credentials"]> => ({
  rootCertificate: Buffer.from(ca),
  ...(cert === undefined ? {} : { certChain: Buffer.from(cert) }),
  ...(key === undefined ? {} : { privateKey: Buffer.from(key) }),
})

type Policy = NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>
const never = () => ({ dispose: () => {} })

/** Calls straight through: etcd3's default would fail every call for 5 s after three failures. */
const noPolicy: Policy = {
  get _altReturn(): never {
    throw new TypeError("a property for types only")
  },
  onSuccess: never,
  onFailure: never,
  execute: async (run) => run({ signal: neverAborted }),
}
const neverAborted = new AbortController().signal
