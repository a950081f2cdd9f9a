/**
 * What an informer lets into its cache, and in which form: each object is checked, and reduced to the fields that are held.
 * One that is refused is left out, or stays as it was last right; it is shown with what is wrong. Plain and synchronous.
 */
import type { KubeObject } from "../schemas/index.ts"
import { alwaysHeld, projection } from "./field-projection.ts"
import { maxShownRefusals } from "./limits.ts"
import { keyOf, keyString } from "./request.ts"

/** What is wrong with an object: a field, as a path, and a sentence. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
}

/** Says what is wrong with an object, whole as it came; nothing where it is right. To throw is to refuse too. */
export type Validate = (object: KubeObject) => FieldProblem | undefined

/** An object that an informer does not show as it is. */
export interface Refusal extends FieldProblem {
  /** `namespace/name`. */
  readonly key: string
  readonly resourceVersion: string
  /** An earlier state of it is shown. */
  readonly isShownAsItWas: boolean
}

export interface AdmissionOptions {
  readonly fields?: ReadonlyArray<string>
  readonly validate?: Validate
}

export class Admission<T extends KubeObject = KubeObject> {
  /** The fields of an object that are held. */
  readonly reduce: (object: T) => T
  readonly #validate: Validate | undefined
  readonly #refusals = new Map<string, Refusal>()
  #unsaid: Array<Refusal> = []
  refused = 0

  /** What the server is asked to send: a check wants objects whole. Servers that know no `fields` send them whole anyway. */
  readonly asked: { readonly fields?: ReadonlyArray<string> }

  constructor({ fields, validate }: AdmissionOptions = {}) {
    this.asked = fields === undefined || validate !== undefined ? {} : { fields: [...alwaysHeld, ...fields] }
    this.reduce = fields === undefined ? (object) => object : projection(fields)
    this.#validate = validate
  }

  /** The object as it is held; `held`, which may be nothing, in place of one that is refused. */
  admit(object: T, held: (key: ReturnType<typeof keyOf>) => T | undefined): T | undefined {
    if (this.#validate === undefined) return this.reduce(object)
    const problem = this.#problemOf(object, this.#validate)
    const key = keyString(keyOf(object))
    if (problem === undefined) {
      this.#refusals.delete(key)
      return this.reduce(object)
    }
    const before = held(keyOf(object))
    this.#refuse({
      ...problem,
      key,
      resourceVersion: object.metadata.resourceVersion ?? "",
      isShownAsItWas: before !== undefined,
    })
    return before
  }

  /** The object is gone: nothing is wrong with it any more. */
  forget(object: T): void {
    this.#refusals.delete(keyString(keyOf(object)))
  }

  /** Keeps those only that are still there. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#refusals.keys()) if (!keys.has(key)) this.#refusals.delete(key)
  }

  get refusals(): ReadonlyArray<Refusal> {
    return [...this.#refusals.values()]
  }

  /** Those that nobody was told of yet: the first of each object. */
  takeUnsaid(): ReadonlyArray<Refusal> {
    const unsaid = this.#unsaid
    if (unsaid.length > 0) this.#unsaid = []
    return unsaid
  }

  #problemOf(object: T, validate: Validate): FieldProblem | undefined {
    try {
      return validate(object)
    } catch (thrown) {
      return { field: "", message: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }

  #refuse(refusal: Refusal): void {
    this.refused += 1
    const known = this.#refusals.get(refusal.key)
    if (known === undefined && this.#refusals.size >= maxShownRefusals) return
    this.#refusals.set(refusal.key, refusal)
    if (known?.field !== refusal.field || known.message !== refusal.message) this.#unsaid.push(refusal)
  }
}
