/** What one reconcile was woken by, read and wrote, noted as it happens. Plain and synchronous; bounded. */
import type { Read, Unanswered, Written } from "../client/index.ts"
import { causeText, type ObjectVersion, qualifiedKind, versionRead, type Woken } from "./cause-of-writes.ts"
import { maxReadsPerReconcile, maxWritesPerReconcile } from "./limits.ts"
import type { Request } from "./reconciler.ts"

/** One write of a reconcile, with the version that it made. */
export interface RecordedWrite extends ObjectVersion {
  readonly verb: Written["verb"]
  /** The answer never came: it may have happened. */
  readonly isUnanswered?: true
}

const none: ReadonlyArray<never> = []

interface Identity {
  readonly controller: string
  readonly request: Request
  readonly reconcileID: string
}

const readKey = ({ kind, key, namespace }: Read): string =>
  key === undefined
    ? `${kind.group}/${kind.plural}/${namespace ?? ""}/*`
    : `${kind.group}/${kind.plural}/${key.namespace}/${key.name}`

export class ReconcileInputs {
  readonly woken: Woken
  readonly #identity: Identity
  /** Most reconciles of a world at rest read and write little: what holds it is made when it is needed. */
  #reads: Array<Read> | undefined
  #wrote: Array<RecordedWrite> | undefined
  #written: Array<Written> | undefined
  readMore = 0
  wroteMore = 0
  #cause: string | undefined

  constructor(identity: Identity, woken: Woken) {
    this.#identity = identity
    this.woken = woken
  }

  readonly onRead = (read: Read): void => {
    this.#reads ??= []
    // Put in order when somebody asks, or when they become many.
    if (this.#reads.length >= 2 * maxReadsPerReconcile) this.#reads = this.#distinct()
    this.#reads.push(read)
    this.#cause = undefined
  }

  noteWritten(written: Written): void {
    const { verb, kind, key, object } = written
    const { namespace, name } = key
    const resourceVersion = object?.metadata.resourceVersion ?? ""
    if (!this.#record({ verb, kind: qualifiedKind(kind), namespace, name, resourceVersion })) return
    this.#written ??= []
    this.#written.push(written)
  }

  noteUnanswered({ verb, kind, key }: Unanswered): void {
    const { namespace, name } = key
    this.#record({
      verb,
      kind: qualifiedKind(kind),
      namespace,
      name,
      resourceVersion: "",
      isUnanswered: true,
    })
  }

  get read(): ReadonlyArray<ObjectVersion> {
    if (this.#reads === undefined) return none
    this.#reads = this.#distinct()
    return this.#reads.map(versionRead)
  }

  get wrote(): ReadonlyArray<RecordedWrite> {
    return this.#wrote ?? none
  }

  /** Each answered write whole, for who looks at what was written. */
  get written(): ReadonlyArray<Written> {
    return this.#written ?? none
  }

  /** The cause of a write that is made now. */
  get cause(): string {
    this.#cause ??= causeText({
      ...this.#identity,
      woke: this.woken.versions,
      wokeMore: this.woken.more,
      read: this.read,
      readMore: this.readMore,
    })
    return this.#cause
  }

  /** Each object and list once, at its last version, in the order of first reading; as many as there is room for. */
  #distinct(): Array<Read> {
    const last = new Map<string, Read>()
    for (const read of this.#reads ?? none) {
      const key = readKey(read)
      if (last.has(key) || last.size < maxReadsPerReconcile) last.set(key, read)
      else this.readMore += 1
    }
    return [...last.values()]
  }

  /** False when there is no room for it. */
  #record(write: RecordedWrite): boolean {
    this.#wrote ??= []
    if (this.#wrote.length >= maxWritesPerReconcile) {
      this.wroteMore += 1
      return false
    }
    this.#wrote.push(write)
    return true
  }
}
