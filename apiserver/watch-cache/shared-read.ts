/**
 * One read for many callers, each of whom gets an answer that was asked for after it called: a caller that comes while a
 * read is under way shares the next one.
 */
export class SharedRead<A> {
  readonly #read: () => Promise<A>
  #running: Run<A> | undefined

  constructor(read: () => Promise<A>) {
    this.#read = read
  }

  read(): Promise<A> {
    const running = this.#running
    if (running === undefined) return this.#start()
    running.next ??= running.promise.then(
      () => this.#start(),
      () => this.#start(),
    )
    return running.next
  }

  #start(): Promise<A> {
    const run: Run<A> = { promise: this.#read(), next: undefined }
    this.#running = run
    const done = (): void => {
      if (this.#running === run && run.next === undefined) this.#running = undefined
    }
    run.promise.then(done, done)
    return run.promise
  }
}

interface Run<A> {
  readonly promise: Promise<A>
  next: Promise<A> | undefined
}
