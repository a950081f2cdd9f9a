/**
 * What an informer knows and whom it tells, without the network: plain and synchronous, fed by the reflector.
 * One writer; readers see each batch of events whole.
 */
import type { ApiError, WatchEvent, Written } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import { Admission } from "./admission.ts"
import type { InformerTrouble } from "./informer-trouble.ts"
import { maxRememberedDeletions } from "./limits.ts"
import { type Change, ObjectCache } from "./object-cache.ts"
import { keyOf, keyString } from "./request.ts"
import { compareResourceVersions, hasSeen } from "./resource-version.ts"
import { fieldSelectorMatches, labelSelectorMatches } from "./selector-match.ts"

/** Where an informer stands, for people and for readiness. Times are of the informer's clock. */
export type InformerState =
  /** Nothing was read yet. */
  | { readonly _tag: "Empty" }
  /** A list is being read; what was known before is still shown. */
  | { readonly _tag: "Listing"; readonly sinceMs: number }
  /** What is shown is at most a moment old. */
  | { readonly _tag: "Watching"; readonly sinceMs: number }
  /** The connection is lost: what is shown was true when it was, and is asked for again. */
  | {
      readonly _tag: "Stale"
      readonly sinceMs: number
      readonly failures: number
      readonly error: ApiError
      readonly trouble: InformerTrouble
    }

export interface InformerCounts {
  readonly lists: number
  readonly watches: number
  readonly events: number
  readonly bookmarks: number
  /** Events that told nothing new: duplicates, and those older than what was known. */
  readonly ignored: number
  readonly failures: number
  readonly relists: number
  /** Objects that were refused, each time that they came. */
  readonly refused: number
}

export type ChangeHandler<T extends KubeObject = KubeObject> = (change: Change<T>) => void

/** Which objects of the kind are wanted. */
export interface Selection {
  /** "" or absent: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export class InformerCore<T extends KubeObject = KubeObject> {
  readonly cache = new ObjectCache<T>()
  readonly admission: Admission<T>
  readonly selection: Selection
  /** Everything before here is known, and of what happened here that which was told. */
  revision: string | undefined = undefined
  /** Whose events of that revision were told, where perhaps not all were: several objects may change in one. */
  #toldOf: Set<string> | undefined
  state: InformerState = { _tag: "Empty" }
  readonly counts = { lists: 0, watches: 0, events: 0, bookmarks: 0, ignored: 0, failures: 0, relists: 0 }
  /** Lists asked for besides those that the reflector makes by itself, and the last of them that is answered. */
  #asked = 0
  #answered = 0
  /** What the last list knew, and what was deleted since: to tell a late event from one told before. */
  #listedAt: string | undefined
  readonly #deleted = new Map<string, string>()
  #disordered = false
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #waiters = new Set<() => boolean>()
  #defects: Array<unknown> = []

  constructor(selection: Selection, admission = new Admission<T>()) {
    this.selection = selection
    this.admission = admission
  }

  get synced(): boolean {
    return this.revision !== undefined
  }

  /** Tells the handler of everything there is, and then of each change, until the returned function is called. */
  subscribe(handler: ChangeHandler<T>): () => void {
    for (const object of this.cache.list())
      this.#tell(handler, { old: undefined, new: object, isInitial: true })
    this.#handlers.add(handler)
    return () => this.#handlers.delete(handler)
  }

  /** Calls back once, after the batch that makes the condition true; at once where it is. */
  when(condition: () => boolean, callback: () => void): () => void {
    const check = () => {
      if (!condition()) return false
      callback()
      return true
    }
    if (check()) return () => {}
    this.#waiters.add(check)
    return () => this.#waiters.delete(check)
  }

  /** Asks for a list that begins after now; the number is for {@link hasListed}. */
  askForList(): number {
    this.#asked += 1
    this.#settle()
    return this.#asked
  }

  get wantsList(): boolean {
    return this.#answered < this.#asked
  }

  hasListed(asked: number): boolean {
    return this.#answered >= asked
  }

  /**
   * The server sent an event after a later one. What came late is known, but not what a watch from here would leave out: only a
   * list makes it sure.
   */
  get isDisordered(): boolean {
    return this.#disordered
  }

  /** To be called before a list is read: what it answers. */
  beginList(): number {
    this.counts.lists += 1
    return this.#asked
  }

  /** A list that was read to its end replaces all that was known. */
  replace(objects: ReadonlyArray<T>, revision: string, begun: number): void {
    const isFirst = this.revision === undefined
    if (!isFirst) this.counts.relists += 1
    this.#answered = begun
    this.revision = revision
    this.#toldOf = undefined
    this.#listedAt = revision
    this.#deleted.clear()
    this.#disordered = false
    this.admission.retain(new Set(objects.map((object) => keyString(keyOf(object)))))
    const admitted = objects.flatMap((object) => this.admission.admit(object, this.cache.get) ?? [])
    for (const change of this.cache.replace(admitted)) {
      this.#publish(isFirst ? { ...change, isInitial: true } : change)
    }
    this.#settle()
  }

  apply(events: ReadonlyArray<WatchEvent<T>>): void {
    for (const event of events) this.#apply(event)
    this.#settle()
  }

  /** The server is heard. */
  watching(sinceMs: number): void {
    if (this.state._tag !== "Watching") this.state = { _tag: "Watching", sinceMs }
  }

  /** What handlers threw since this was last asked. */
  takeDefects(): ReadonlyArray<unknown> {
    const defects = this.#defects
    if (defects.length > 0) this.#defects = []
    return defects
  }

  /** Whether the write would show here at all. */
  concerns(written: Written): boolean {
    const { namespace, labelSelector, fieldSelector } = this.selection
    if (namespace !== undefined && namespace !== "" && namespace !== written.key.namespace) return false
    if (labelSelector === undefined && fieldSelector === undefined) return true
    if (this.cache.get(written.key) !== undefined) return true
    if (written.object === undefined) return false
    // Not shown yet: it will be if it is selected. Where that cannot be told, nobody waits for it.
    return (
      (labelSelector === undefined || labelSelectorMatches(labelSelector, written.object) === true) &&
      (fieldSelector === undefined || fieldSelectorMatches(fieldSelector, written.object) === true)
    )
  }

  /** Whether what is shown is at least as new as the write. */
  hasSeen(written: Written): boolean {
    const held = this.cache.get(written.key)
    const version = written.object?.metadata.resourceVersion
    if (version === undefined) {
      return (
        held === undefined || (written.removedUid !== undefined && held.metadata.uid !== written.removedUid)
      )
    }
    const shown = held?.metadata.resourceVersion
    if (shown === version || hasSeen(shown, version)) return true
    return this.revision === version
      ? this.#toldOf === undefined || this.#toldOf.has(keyString(written.key))
      : hasSeen(this.revision, version)
  }

  #apply(event: WatchEvent<T>): void {
    if (event.type === "BOOKMARK") {
      this.counts.bookmarks += 1
      if (this.#isOld(event.resourceVersion)) return
      this.revision = event.resourceVersion
      this.#toldOf = undefined
      return
    }
    this.counts.events += 1
    const version = event.object.metadata.resourceVersion
    if (version !== undefined && this.#isOld(version)) {
      if (this.#wasTold(event.object, version)) {
        this.counts.ignored += 1
        return
      }
      this.#disordered = true
    } else if (version !== undefined) this.#told(event.object, version)
    const change =
      event.type === "DELETED" ? this.#remove(event.object, version) : this.#put(event.object, version)
    if (change === undefined) this.counts.ignored += 1
    else this.#publish(change)
  }

  /** Whether an event that is not after what we know says nothing new of its own object either. */
  #wasTold(object: T, version: string): boolean {
    const held = this.cache.get(keyOf(object))?.metadata.resourceVersion
    const known = held ?? this.#deleted.get(keyString(keyOf(object))) ?? this.#listedAt
    const order = known === undefined ? 0 : compareResourceVersions(version, known)
    return order === undefined || order <= 0
  }

  #remove(object: T, version: string | undefined): Change<T> | undefined {
    if (version !== undefined) {
      const key = keyString(keyOf(object))
      this.#deleted.delete(key)
      this.#deleted.set(key, version)
      const [oldest] = this.#deleted.keys()
      if (this.#deleted.size > maxRememberedDeletions && oldest !== undefined) this.#deleted.delete(oldest)
    }
    this.admission.forget(object)
    return this.cache.remove(this.admission.reduce(object))
  }

  /** Where versions have no order, the same version of the same object is all that can be told from news. */
  #put(object: T, version: string | undefined): Change<T> | undefined {
    const held = this.cache.get(keyOf(object))
    if (held !== undefined && version !== undefined && held.metadata.resourceVersion === version)
      return undefined
    const admitted = this.admission.admit(object, this.cache.get)
    return admitted === undefined || admitted === held ? undefined : this.cache.put(admitted)
  }

  #told(object: T, version: string): void {
    if (version !== this.revision) this.#toldOf = new Set()
    this.revision = version
    this.#toldOf?.add(keyString(keyOf(object)))
  }

  /**
   * Events of a resource come in the order of their versions: what is before what we know was told before. What has the
   * same version may be another object's: one write can change several (docs/transactions.md).
   */
  #isOld(version: string): boolean {
    if (this.revision === undefined) return false
    const order = compareResourceVersions(version, this.revision)
    return order !== undefined && (order < 0 || (order === 0 && this.#toldOf === undefined))
  }

  #publish(change: Change<T>): void {
    for (const handler of this.#handlers) this.#tell(handler, change)
  }

  /** A handler that throws loses its own change, and nobody else's. */
  #tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change)
    } catch (defect) {
      this.#defects.push(defect)
    }
  }

  #settle(): void {
    for (const check of this.#waiters) if (check()) this.#waiters.delete(check)
  }
}
