/** Why a key was woken, and how that is said on the wire. */
import type { KubeObject } from "../schemas/index.ts"
import { maxWakersPerKey } from "./limits.ts"
import type { Change } from "./object-cache.ts"
import type { Request } from "./reconciler.ts"
import { keyOf, keyString } from "./request.ts"

const nameOf = (object: KubeObject): string =>
  `${object.kind}/${keyString(keyOf(object))}@${object.metadata.resourceVersion ?? ""}`

/** The object versions that woke each key since it was last taken; the first few of each. */
export class Wakers {
  readonly #byKey = new Map<string, Array<string>>()

  note(request: Request, change: Change): void {
    const object = change.new ?? change.old
    if (object === undefined) return
    const key = keyString(request)
    const wakers = this.#byKey.get(key)
    if (wakers === undefined) this.#byKey.set(key, [nameOf(object)])
    else if (wakers.length < maxWakersPerKey) wakers.push(nameOf(object))
  }

  take(request: Request): ReadonlyArray<string> {
    const key = keyString(request)
    const wakers = this.#byKey.get(key) ?? []
    this.#byKey.delete(key)
    return wakers
  }
}

/** The value of the header `Miren-Cause`: `controller/NAME; request=NS/NAME; woke=KIND/NS/NAME@RV,...`. */
export const causeOf = (controller: string, request: Request, woke: ReadonlyArray<string>): string => {
  const cause = `controller/${controller}; request=${keyString(request)}`
  return woke.length === 0 ? cause : `${cause}; woke=${woke.join(",")}`
}
