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
  readonly #reads = new Map<string, Read>()
  readonly #wrote: Array<RecordedWrite> = []
  /** Each write whole, for who looks at what was written. */
  readonly written: Array<Written> = []
  readMore = 0
  wroteMore = 0
  #cause: string | undefined

  constructor(identity: Identity, woken: Woken) {
    this.#identity = identity
    this.woken = woken
  }

  readonly noteRead = (read: Read): void => {
    const key = readKey(read)
    const before = this.#reads.get(key)
    if (before !== undefined && before.resourceVersion === read.resourceVersion) return
    if (before === undefined && this.#reads.size >= maxReadsPerReconcile) {
      this.readMore += 1
      return
    }
    this.#reads.set(key, read)
    this.#cause = undefined
  }

  readonly noteWritten = (written: Written): void => {
    const { verb, kind, key, object } = written
    if (this.#wrote.length >= maxWritesPerReconcile) {
      this.wroteMore += 1
      return
    }
    this.written.push(written)
    this.#wrote.push({
      verb,
      kind: qualifiedKind(kind),
      namespace: key.namespace,
      name: key.name,
      resourceVersion: object?.metadata.resourceVersion ?? "",
    })
  }

  readonly noteUnanswered = ({ verb, kind, key }: Unanswered): void => {
    if (this.#wrote.length >= maxWritesPerReconcile) {
      this.wroteMore += 1
      return
    }
    this.#wrote.push({
      verb,
      kind: qualifiedKind(kind),
      namespace: key.namespace,
      name: key.name,
      resourceVersion: "",
      isUnanswered: true,
    })
  }

  get read(): ReadonlyArray<ObjectVersion> {
    return [...this.#reads.values()].map(versionRead)
  }

  get wrote(): ReadonlyArray<RecordedWrite> {
    return this.#wrote
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
}
