/** A binary heap of values by their deadline, earliest first; of equal deadlines the one pushed first. */
interface Item<A> {
  readonly due: number
  readonly sequence: number
  readonly value: A
}

const before = <A>(a: Item<A>, b: Item<A>): boolean =>
  a.due < b.due || (a.due === b.due && a.sequence < b.sequence)

export class DeadlineHeap<A> {
  readonly #items: Array<Item<A>> = []
  #sequence = 0

  get size(): number {
    return this.#items.length
  }

  push(due: number, value: A): void {
    const items = this.#items
    const item = { due, sequence: this.#sequence++, value }
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above]
      if (parent === undefined || !before(item, parent)) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  peek(): { readonly due: number; readonly value: A } | undefined {
    return this.#items[0]
  }

  pop(): { readonly due: number; readonly value: A } | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last !== undefined && last !== top) this.#sink(last)
    return top
  }

  #sink(item: Item<A>): void {
    const items = this.#items
    let at = 0
    for (;;) {
      const left = items[2 * at + 1]
      const right = items[2 * at + 2]
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left
      if (child === undefined || !before(child, item)) break
      items[at] = child
      at = child === right ? 2 * at + 2 : 2 * at + 1
    }
    items[at] = item
  }
}
