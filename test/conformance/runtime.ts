/**
 * What every {@link SandboxRuntime} keeps, as one suite: run for the fake in virtual time and for containerd in real time.
 *
 * Commands are kept to what busybox has and the fake's builtin programs understand.
 */
import { Effect, Fiber, type Layer, Option, Stream } from "effect"
import { describe, expect, it } from "vitest"
import {
  type AttachSession,
  type ContainerSpec,
  type Handler,
  type RuntimeError,
  SandboxRuntime,
  type SandboxSpec,
  type SandboxStatus,
} from "../../runtime-shim/index.ts"

export interface RuntimeConformanceOptions {
  readonly handler: Handler
  /** Present before the first test. */
  readonly image: string
  readonly newId: () => string
  /** Lets time pass: moves a test clock, or sleeps. */
  readonly pass: (millis: number) => Effect.Effect<void>
  /** Provides the clock that `pass` moves. */
  readonly clock: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  readonly timeoutMs: number
}

type Service = SandboxRuntime["Service"]

const text = (chunks: Iterable<Uint8Array>): string => Buffer.concat([...chunks]).toString()

/** Registers the suite. Each use of `layer` is a new service instance over the same machine. */
export const runtimeConformance = (
  name: string,
  layer: () => Layer.Layer<SandboxRuntime, RuntimeError>,
  options: RuntimeConformanceOptions,
): void => {
  const withService = <A, E>(
    body: (runtime: Service) => Effect.Effect<A, E>,
  ): Effect.Effect<A, E | RuntimeError> =>
    Effect.scoped(Effect.provide(Effect.flatMap(SandboxRuntime, body), layer(), { local: true }))

  const test = (sentence: string, body: (runtime: Service) => Effect.Effect<void, RuntimeError>) =>
    it(sentence, () => Effect.runPromise(options.clock(withService(body))), options.timeoutMs)

  const sandboxOf = (
    command: ReadonlyArray<string>,
    container: Partial<ContainerSpec> = {},
  ): SandboxSpec => ({
    id: options.newId(),
    handler: options.handler,
    hostname: "conformance",
    labels: { suite: "conformance" },
    ports: [],
    containers: [{ name: "main", image: options.image, command, env: [], resources: {}, ...container }],
  })

  const shell = (script: string) => ["/bin/sh", "-c", script]
  const forever = shell("trap 'exit 7' TERM; while true; do sleep 0.1; done")

  /** Why it failed; dies if it did not. */
  const reason = <A>(effect: Effect.Effect<A, RuntimeError>) =>
    Effect.matchEffect(effect, {
      onFailure: (error) => Effect.succeed(error.reason),
      onSuccess: (value) => Effect.die(new Error(`succeeded with ${JSON.stringify(value)}`)),
    })

  /** Lets time pass until the task is in `state`. */
  const reaches = (runtime: Service, id: string, state: SandboxStatus["task"]["state"]) =>
    Effect.gen(function* () {
      for (let tries = 0; tries < 200; tries += 1) {
        const status = yield* runtime.status(id)
        if (status?.task.state === state) return status
        yield* options.pass(100)
      }
      throw new Error(`${id} did not reach ${state}: ${JSON.stringify(yield* runtime.status(id))}`)
    })

  const run = (runtime: Service, spec: SandboxSpec) =>
    Effect.andThen(runtime.create(spec), runtime.start(spec.id))

  /** Runs `body` on a sandbox that is removed afterwards whatever happens. */
  const using = (
    runtime: Service,
    spec: SandboxSpec,
    body: (id: string) => Effect.Effect<void, RuntimeError>,
  ) => body(spec.id).pipe(Effect.ensuring(Effect.orDie(runtime.remove(spec.id))))

  describe(`${name}: images`, () => {
    test("an image that is not present is not pulled when the policy is Never", (runtime) =>
      Effect.gen(function* () {
        expect(yield* reason(runtime.ensureImage("nowhere.invalid/absent:1", "Never"))).toBe(
          "ImageNotPresent",
        )
      }))
    test("an image that is present is found, with its digest", (runtime) =>
      Effect.gen(function* () {
        const image = yield* runtime.ensureImage(options.image, "IfNotPresent")
        expect(image.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
        expect((yield* runtime.images).map(({ reference }) => reference)).toContain(options.image)
      }))
    test("a sandbox of an image that is not present is refused", (runtime) =>
      Effect.gen(function* () {
        const spec = sandboxOf(["true"], { image: "nowhere.invalid/absent:1" })
        expect(yield* reason(runtime.create(spec))).toBe("ImageNotPresent")
        expect(yield* runtime.status(spec.id)).toBeUndefined()
      }))
  })

  describe(`${name}: life of a sandbox`, () => {
    test("an id that is not 32 hex digits is refused", (runtime) =>
      Effect.gen(function* () {
        expect(yield* reason(runtime.create({ ...sandboxOf(["true"]), id: "d3" }))).toBe("InvalidArgument")
      }))
    test("create brings up the network and starts nothing; again, it changes nothing", (runtime) => {
      const spec = sandboxOf(forever)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          const created = yield* runtime.create(spec)
          expect(created.task.state).toBe("created")
          expect(created.addresses.length).toBeGreaterThan(0)
          expect(created.labels).toEqual({ suite: "conformance" })
          const again = yield* runtime.create(spec)
          expect(again.addresses).toEqual(created.addresses)
          expect((yield* runtime.list).filter((found) => found.id === id)).toHaveLength(1)
        }),
      )
    })
    test("start runs it; again, it changes nothing", (runtime) => {
      const spec = sandboxOf(forever)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          const before = yield* reaches(runtime, id, "running")
          yield* runtime.start(id)
          expect((yield* runtime.status(id))?.task).toEqual(before.task)
        }),
      )
    })
    test("starting what does not exist is NotFound; stopping and removing it succeeds", (runtime) =>
      Effect.gen(function* () {
        const id = options.newId()
        expect(yield* reason(runtime.start(id))).toBe("NotFound")
        yield* runtime.stop(id, 1)
        yield* runtime.remove(id)
        expect(yield* runtime.status(id)).toBeUndefined()
      }))
    test("a program's exit code is kept until the sandbox is removed", (runtime) => {
      const spec = sandboxOf(shell("exit 3"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          const { task } = yield* reaches(runtime, id, "exited")
          expect(task).toMatchObject({ exitCode: 3, oomKilled: false })
        }),
      )
    })
    test("stop lets a program end by itself on SIGTERM", (runtime) => {
      const spec = sandboxOf(forever)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* options.pass(500)
          yield* runtime.stop(id, 10)
          expect((yield* runtime.status(id))?.task).toMatchObject({ state: "exited", exitCode: 7 })
          yield* runtime.stop(id, 10)
        }),
      )
    })
    test("a program that ignores SIGTERM is killed after the grace", (runtime) => {
      const spec = sandboxOf(shell("trap '' TERM; while true; do sleep 0.1; done"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* options.pass(300)
          const stopping = yield* Effect.forkChild(runtime.stop(id, 1), { startImmediately: true })
          yield* options.pass(1000)
          yield* Fiber.join(stopping)
          expect((yield* runtime.status(id))?.task).toMatchObject({ state: "exited", exitCode: 137 })
        }),
      )
    })
    test("remove ends what still runs, forgets it, and may be repeated", (runtime) => {
      const spec = sandboxOf(forever)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* runtime.remove(id)
          expect(yield* runtime.status(id)).toBeUndefined()
          expect((yield* runtime.list).map((found) => found.id)).not.toContain(id)
          yield* runtime.remove(id)
        }),
      )
    })
    test("an exit is an event", (runtime) => {
      const spec = sandboxOf(shell("sleep 1; exit 0"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          const first = yield* runtime.events.pipe(
            Stream.filter((event) => event.type === "exited" && event.id === id),
            Stream.runHead,
            Effect.forkChild({ startImmediately: true }),
          )
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "exited")
          expect(Option.isSome(yield* Fiber.join(first))).toBe(true)
        }),
      )
    })
  })

  describe(`${name}: logs`, () => {
    const threeLines = shell("echo one; echo two; echo three")
    test("logs give what was printed, all or the last lines of it", (runtime) => {
      const spec = sandboxOf(threeLines)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "exited")
          const all = yield* Stream.runCollect(runtime.logs(id, { follow: true }))
          expect(text(all)).toBe("one\ntwo\nthree\n")
          const tail = yield* Stream.runCollect(runtime.logs(id, { tailLines: 1 }))
          expect(text(tail)).toBe("three\n")
          const stamped = text(yield* Stream.runCollect(runtime.logs(id, { timestamps: true })))
          expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\S+Z one\n\d{4}-\S+Z two\n\d{4}-\S+Z three\n$/)
        }),
      )
    })
    test("following logs ends when the program does, with all of its output", (runtime) => {
      const spec = sandboxOf(shell("echo early; sleep 1; echo late"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          const following = yield* Effect.forkChild(Stream.runCollect(runtime.logs(id, { follow: true })), {
            startImmediately: true,
          })
          yield* reaches(runtime, id, "exited")
          yield* options.pass(1000)
          expect(text(yield* Fiber.join(following))).toBe("early\nlate\n")
        }),
      )
    })
    test("logs of what does not exist are NotFound", (runtime) =>
      Effect.gen(function* () {
        expect(yield* reason(Stream.runCollect(runtime.logs(options.newId(), {})))).toBe("NotFound")
      }))
  })

  describe(`${name}: exec`, () => {
    const running =
      (body: (runtime: Service, id: string) => Effect.Effect<void, RuntimeError>) => (runtime: Service) => {
        const spec = sandboxOf(forever)
        return using(runtime, spec, (id) =>
          Effect.andThen(
            Effect.andThen(run(runtime, spec), reaches(runtime, id, "running")),
            body(runtime, id),
          ),
        )
      }
    test(
      "exec gives output, then the exit code",
      running((runtime, id) =>
        Effect.scoped(
          Effect.gen(function* () {
            const command = shell("echo out; echo err >&2; exit 5")
            const session = yield* runtime.exec(id, { command, tty: false, stdin: false })
            const output = yield* Stream.runCollect(session.output)
            const of = (stream: string) =>
              text([...output].filter((part) => part.stream === stream).map((part) => part.chunk))
            expect([of("stdout"), of("stderr")]).toEqual(["out\n", "err\n"])
            expect(yield* session.exit).toBe(5)
          }),
        ),
      ),
    )
    test(
      "exec passes stdin on, and its end",
      running((runtime, id) =>
        Effect.scoped(
          Effect.gen(function* () {
            const session = yield* runtime.exec(id, { command: ["cat"], tty: false, stdin: true })
            yield* session.write(Buffer.from("to and fro"))
            yield* session.closeStdin
            const output = yield* Stream.runCollect(session.output)
            expect(text([...output].map((part) => part.chunk))).toBe("to and fro")
            expect(yield* session.exit).toBe(0)
          }),
        ),
      ),
    )
    test("exec needs a sandbox that runs", (runtime) => {
      const spec = sandboxOf(shell("exit 0"))
      const nothing = { command: ["true"], tty: false, stdin: false }
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          expect(yield* reason(Effect.scoped(runtime.exec(id, nothing)))).toBe("NotFound")
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "exited")
          expect(yield* reason(Effect.scoped(runtime.exec(id, nothing)))).toBe("FailedPrecondition")
        }),
      )
    })
  })

  describe(`${name}: attach`, () => {
    /** Attaches to a sandbox that runs. */
    const attachedTo = <A>(
      runtime: Service,
      id: string,
      body: (session: AttachSession) => Effect.Effect<A, RuntimeError>,
    ) => Effect.scoped(Effect.flatMap(runtime.attach(id, { stdin: true }), body))
    /** Reads on until `words` have come. */
    const hears = ({ output }: AttachSession, words: string) => {
      let heard = ""
      return Stream.runDrain(
        Stream.takeUntil(output, ({ chunk }) => {
          heard += text([chunk])
          return heard.includes(words)
        }),
      )
    }
    const allOf = ({ output }: AttachSession) =>
      Effect.map(Stream.runCollect(output), (parts) => text([...parts].map(({ chunk }) => chunk)))
    const runningWith =
      (
        command: ReadonlyArray<string>,
        container: Partial<ContainerSpec>,
        body: (runtime: Service, id: string) => Effect.Effect<void, RuntimeError>,
      ) =>
      (runtime: Service) => {
        const spec = sandboxOf(command, container)
        return using(runtime, spec, (id) =>
          Effect.andThen(
            Effect.andThen(run(runtime, spec), reaches(runtime, id, "running")),
            body(runtime, id),
          ),
        )
      }
    const open = { stdin: true }
    const once = { stdin: true, stdinOnce: true }

    test(
      "who attaches sees what is said from then on, then the exit code",
      runningWith(shell("echo early; sleep 2; echo late; exit 4"), {}, (runtime, id) =>
        Effect.scoped(
          Effect.gen(function* () {
            yield* options.pass(500)
            const session = yield* runtime.attach(id, { stdin: false })
            const output = yield* Effect.forkChild(allOf(session), { startImmediately: true })
            yield* reaches(runtime, id, "exited")
            expect(yield* Fiber.join(output)).toBe("late\n")
            expect(yield* session.exit).toBe(4)
          }),
        ),
      ),
    )
    test(
      "a standard input that is kept outlives those who wrote to it",
      runningWith(["cat"], open, (runtime, id) =>
        Effect.gen(function* () {
          for (const words of ["one\n", "two\n"]) {
            yield* attachedTo(runtime, id, (session) =>
              Effect.gen(function* () {
                expect(session.keepsStdin).toBe(true)
                yield* session.write(Buffer.from(words))
                yield* hears(session, words)
                yield* session.closeStdin
              }),
            )
          }
          expect((yield* runtime.status(id))?.task.state).toBe("running")
        }),
      ),
    )
    test(
      "with stdinOnce all of a long input is read, and its end",
      runningWith(shell("cat; echo closed; exit 5"), once, (runtime, id) =>
        attachedTo(runtime, id, (session) =>
          Effect.gen(function* () {
            expect(session.keepsStdin).toBe(false)
            const input = "0123456789\n".repeat(50_000)
            const output = yield* Effect.forkChild(allOf(session), { startImmediately: true })
            yield* session.write(Buffer.from(input))
            yield* session.closeStdin
            expect((yield* Fiber.join(output)) === `${input}closed\n`).toBe(true)
            expect(yield* session.exit).toBe(5)
          }),
        ),
      ),
    )
    test(
      "with stdinOnce input ends for good with the first who goes",
      runningWith(shell("cat; sleep 2; exit 5"), once, (runtime, id) =>
        Effect.gen(function* () {
          yield* attachedTo(runtime, id, () => Effect.void)
          yield* options.pass(500)
          expect(yield* reason(attachedTo(runtime, id, () => Effect.void))).toBe("FailedPrecondition")
          expect((yield* reaches(runtime, id, "exited")).task).toMatchObject({ exitCode: 5 })
        }),
      ),
    )
    test(
      "on a terminal stdinOnce ends nothing",
      runningWith(["cat"], { ...once, tty: true }, (runtime, id) =>
        Effect.gen(function* () {
          for (const words of ["one", "two"]) {
            yield* attachedTo(runtime, id, (session) =>
              Effect.gen(function* () {
                yield* session.resize({ columns: 80, rows: 24 })
                yield* session.write(Buffer.from(`${words}\n`))
                yield* hears(session, words)
              }),
            )
          }
        }),
      ),
    )
    test("a program that was given no standard input reads its end at once", (runtime) => {
      const spec = sandboxOf(shell("cat; exit 6"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          expect((yield* reaches(runtime, id, "exited")).task).toMatchObject({ exitCode: 6 })
        }),
      )
    })
    test(
      "who wants to write where there is no standard input is refused",
      runningWith(forever, {}, (runtime, id) =>
        Effect.map(reason(attachedTo(runtime, id, () => Effect.void)), (why) =>
          expect(why).toBe("FailedPrecondition"),
        ),
      ),
    )
    test("attach needs a sandbox that runs", (runtime) => {
      const spec = sandboxOf(shell("exit 0"))
      const attach = (id: string) => reason(Effect.scoped(runtime.attach(id, { stdin: false })))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          expect(yield* attach(id)).toBe("NotFound")
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "exited")
          expect(yield* attach(id)).toBe("FailedPrecondition")
        }),
      )
    })
    test(
      "a restarted daemon finds the standard input open, and may end it",
      runningWith(shell("cat; exit 8"), once, (runtime, id) =>
        Effect.gen(function* () {
          yield* withService((next) =>
            attachedTo(next, id, (session) =>
              Effect.gen(function* () {
                yield* session.write(Buffer.from("kept\n"))
                yield* hears(session, "kept")
              }),
            ),
          )
          expect((yield* reaches(runtime, id, "exited")).task).toMatchObject({ exitCode: 8 })
        }),
      ),
    )
  })

  describe(`${name}: ports and use`, () => {
    const web = ["/bin/busybox", "httpd", "-f", "-p", "8080"]
    /** The first bytes of an answer; a server that is not up yet is dialled again. */
    const ask = (runtime: Service, id: string): Effect.Effect<string, RuntimeError> =>
      Effect.scoped(
        Effect.flatMap(runtime.dial(id, 8080), (socket) =>
          Effect.promise(
            () =>
              new Promise<string>((resolve) => {
                socket.once("data", (chunk: Buffer) => resolve(chunk.toString()))
                socket.once("close", () => resolve(""))
                socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
              }),
          ),
        ),
      )
    test("a port is reached at the sandbox's address", (runtime) => {
      const spec = sandboxOf(web)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "running")
          const refused = (error: RuntimeError) => error.reason === "Unavailable"
          const asked = ask(runtime, id).pipe(
            Effect.tapError(() => options.pass(200)),
            Effect.retry({ times: 50, while: refused }),
          )
          expect(yield* asked).toMatch(/^HTTP\/1\.[01] /)
        }),
      )
    })
    test("what runs uses memory, and more and more processor time", (runtime) => {
      const spec = sandboxOf(forever)
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "running")
          yield* options.pass(300)
          const before = yield* runtime.stats(id)
          yield* options.pass(1000)
          const after = yield* runtime.stats(id)
          expect(before.memoryBytes).toBeGreaterThan(0)
          expect(after.cpuNanos).toBeGreaterThan(before.cpuNanos)
        }),
      )
    })
    test("what does not exist has neither, nor has what does not run", (runtime) => {
      const spec = sandboxOf(shell("exit 0"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          const both = Effect.all([reason(Effect.scoped(runtime.dial(id, 80))), reason(runtime.stats(id))])
          expect(yield* both).toEqual(["NotFound", "NotFound"])
          yield* run(runtime, spec)
          yield* reaches(runtime, id, "exited")
          expect(yield* both).toEqual(["FailedPrecondition", "FailedPrecondition"])
        }),
      )
    })
  })

  describe(`${name}: a restarted daemon`, () => {
    test("finds what ran, its exit code and its log, and goes on with it", (runtime) => {
      const spec = sandboxOf(shell("echo kept; sleep 3; exit 9"))
      return using(runtime, spec, (id) =>
        Effect.gen(function* () {
          const first = yield* withService((before) =>
            Effect.andThen(run(before, spec), reaches(before, id, "running")),
          )
          const found = (yield* runtime.list).find((status) => status.id === id)
          expect(found).toMatchObject({
            addresses: first.addresses,
            labels: first.labels,
            handler: first.handler,
          })
          const { task } = yield* reaches(runtime, id, "exited")
          expect(task).toMatchObject({ exitCode: 9 })
          expect(text(yield* Stream.runCollect(runtime.logs(id, {})))).toBe("kept\n")
        }),
      )
    })
  })
}
