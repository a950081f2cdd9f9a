/** A first-in, first-out line that gives back the room of those who left. Plain. */
const compactAt = 1024

export class Line<A> {
  #items: Array<A> = []
  #head = 0

  push(item: A): void {
    this.#items.push(item)
  }

  /** The first that still stands here; those before it that do not are let go. */
  peek(stands: (item: A) => boolean): A | undefined {
    for (;;) {
      const item = this.#items[this.#head]
      if (item === undefined || stands(item)) return item
      this.shift()
    }
  }

  shift(): void {
    this.#head += 1
    if (this.#head < compactAt || this.#head * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
