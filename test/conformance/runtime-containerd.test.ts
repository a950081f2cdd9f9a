/** The real runtime, under both handlers: the shared suite, and what only real sandboxes can show. */
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Fiber, Option, Schedule, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  type ContainerSpec,
  type ExecSpec,
  type Handler,
  type PortMapping,
  type RuntimeError,
  SandboxRuntime,
  type SandboxSpec,
} from "../../runtime-shim/index.ts"
import { leftovers, openRealRuntime, type RealRuntime } from "../kit/containerd.ts"
import { TEST_IMAGE } from "../kit/image.ts"
import { inOwnNamespaces } from "../kit/isolated-test.ts"
import { runtimeConformance } from "./runtime.ts"

type Service = SandboxRuntime["Service"]

const newId = () => randomBytes(16).toString("hex")

const HTTPD = ["httpd", "-f", "-p", "8080", "-h", "/www"]

const get = (url: string) =>
  Effect.promise(async () => {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
        return await response.text()
      } catch (error) {
        if (tries >= 20) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  })

/** Why it failed; dies if it did not. */
const reason = <A>(effect: Effect.Effect<A, RuntimeError>) =>
  Effect.matchEffect(effect, {
    onFailure: (error) => Effect.succeed(error.reason),
    onSuccess: () => Effect.die(new Error("it succeeded")),
  })

const text = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]).toString()

const suites = (real: () => RealRuntime, handler: Handler) => {
  const withRuntime = <A>(body: (runtime: Service) => Effect.Effect<A, RuntimeError>) =>
    Effect.runPromise(Effect.scoped(Effect.provide(Effect.flatMap(SandboxRuntime, body), real().layer)))

  const specOf = (
    command: ReadonlyArray<string>,
    more: Partial<ContainerSpec> & { readonly ports?: ReadonlyArray<PortMapping> } = {},
  ): SandboxSpec => {
    const { ports = [], ...container } = more
    return {
      id: newId(),
      handler,
      hostname: "a-sandbox",
      labels: { of: "test" },
      ports,
      containers: [{ name: "main", image: TEST_IMAGE, command, env: [], resources: {}, ...container }],
    }
  }

  /** Runs the sandbox and `body`, and takes it away. */
  const test = (
    sentence: string,
    makeSpec: () => SandboxSpec,
    body: (runtime: Service, id: string) => Effect.Effect<void, RuntimeError>,
  ) =>
    it(
      sentence,
      () =>
        withRuntime((runtime) => {
          const spec = makeSpec()
          return Effect.gen(function* () {
            yield* runtime.create(spec)
            yield* runtime.start(spec.id)
            yield* body(runtime, spec.id)
          }).pipe(Effect.ensuring(Effect.orDie(runtime.remove(spec.id))))
        }),
      60_000,
    )

  const awaitExit = (runtime: Service, id: string) =>
    Effect.gen(function* () {
      for (;;) {
        const status = yield* runtime.status(id)
        if (status?.task.state === "exited") return status.task
        yield* Effect.sleep(50)
      }
    }).pipe(
      Effect.timeoutOrElse({ duration: 20_000, orElse: () => Effect.die(new Error("it did not exit")) }),
    )

  const exec = (runtime: Service, id: string, spec: Partial<ExecSpec> & { command: ReadonlyArray<string> }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const session = yield* runtime.exec(id, { tty: false, stdin: false, ...spec })
        const output = yield* Stream.runCollect(session.output)
        return { output: text([...output].map(({ chunk }) => chunk)), exitCode: yield* session.exit }
      }),
    )

  const logs = (runtime: Service, id: string) =>
    Effect.map(Stream.runCollect(runtime.logs(id, { follow: true })), text)

  const forever = () => specOf(["sh", "-c", "while true; do sleep 0.2; done"])

  describe(`${handler}: isolation and environment`, () => {
    if (handler === "gvisor") {
      test(
        "the program runs on gVisor's kernel",
        () => specOf(["dmesg"]),
        (runtime, id) =>
          Effect.gen(function* () {
            yield* awaitExit(runtime, id)
            expect(yield* logs(runtime, id)).toContain("Starting gVisor")
          }),
      )
    }
    test(
      "the program sees the image's environment, its own, its hostname and its files",
      () =>
        specOf(["sh", "-c", "env; hostname; cat /etc/hosts /etc/hostname; id; pwd"], {
          env: [{ name: "OWN", value: "1" }],
          user: { uid: 1000, gid: 1001 },
          workingDir: "/www",
        }),
      (runtime, id) =>
        Effect.gen(function* () {
          yield* awaitExit(runtime, id)
          const address = (yield* runtime.status(id))?.addresses[0]
          const log = yield* logs(runtime, id)
          for (const words of ["FROM_IMAGE=yes", "OWN=1", `${address}\ta-sandbox`, "uid=1000", "/www"]) {
            expect(log).toContain(words)
          }
        }),
    )
    test(
      "a read-only root can't be written",
      () => specOf(["sh", "-c", "echo x > /www/x"], { readOnlyRoot: true }),
      (runtime, id) => Effect.map(awaitExit(runtime, id), ({ exitCode }) => expect(exitCode).not.toBe(0)),
    )
    test(
      "a program that outgrows its memory is seen to be killed for it",
      () =>
        specOf(["sh", "-c", 'x=$(yes | head -c 1000000); while true; do x="$x$x"; done'], {
          resources: { memoryBytes: 48 << 20, pids: 200 },
        }),
      (runtime, id) =>
        Effect.map(awaitExit(runtime, id), (task) =>
          expect(task).toMatchObject({ exitCode: 137, oomKilled: true }),
        ),
    )
  })

  describe(`${handler}: network`, () => {
    const ports = [{ containerPort: 8080, hostPort: 18080, protocol: "tcp" }] as const
    test(
      "the host reaches a sandbox by IPv4, by IPv6 and by its host port",
      () => specOf(HTTPD, { ports }),
      (runtime, id) =>
        Effect.gen(function* () {
          const [ipv4, ipv6] = (yield* runtime.status(id))?.addresses ?? []
          expect(yield* get(`http://${ipv4}:8080/`)).toBe("hello from a sandbox\n")
          expect(yield* get(`http://[${ipv6}]:8080/`)).toBe("hello from a sandbox\n")
          expect(yield* get("http://127.0.0.1:18080/")).toBe("hello from a sandbox\n")
        }),
    )
    /** Debian 12's build of runsc has no way into the loopback of its network stack. */
    const reachesLoopback = () =>
      handler === "runc" ||
      /port-forward/.test(spawnSync("runsc", ["help"], { encoding: "utf8", timeout: 10_000 }).stdout)
    test(
      "a server that listens at the loopback alone is dialled, or it is said why not",
      () => specOf(["httpd", "-f", "-p", "127.0.0.1:8080", "-h", "/www"]),
      (runtime, id) =>
        Effect.gen(function* () {
          const ask = Effect.flatMap(runtime.dial(id, 8080), (socket) =>
            Effect.promise(async () => {
              socket.write("GET / HTTP/1.0\r\n\r\n")
              let answer = ""
              for await (const chunk of socket) answer += String(chunk)
              return answer
            }),
          ).pipe(Effect.scoped, Effect.retry({ times: 5, schedule: Schedule.spaced("200 millis") }))
          const said = <A>(effect: Effect.Effect<A, RuntimeError>) =>
            Effect.match(effect, { onFailure: ({ message }) => message, onSuccess: String })
          const nothing = Effect.scoped(Effect.as(runtime.dial(id, 81), "open"))
          expect(yield* said(nothing)).toMatch(/^port 81 of the sandbox cannot be reached: .*refused/i)
          expect(yield* said(ask)).toMatch(
            reachesLoopback() ? /hello from a sandbox/ : /its loopback is not reached/,
          )
        }),
    )
    test("a sandbox reaches its sibling, but no port of its host", forever, (runtime, id) => {
      const sibling = specOf(HTTPD)
      return Effect.gen(function* () {
        yield* runtime.create(sibling)
        yield* runtime.start(sibling.id)
        const address = (yield* runtime.status(sibling.id))?.addresses[0] ?? ""
        yield* get(`http://${address}:8080/`)
        const ask = (host: string, port: number) =>
          exec(runtime, id, {
            command: ["sh", "-c", `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${host} ${port}`],
          })
        expect((yield* ask(address, 8080)).output).toContain("hello from a sandbox")
        const { createServer } = yield* Effect.promise(() => import("node:http"))
        const server = createServer((_, response) => response.end("the host"))
        const port = yield* Effect.promise(
          () =>
            new Promise<number>((resolve) =>
              server.listen(0, "0.0.0.0", () => resolve((server.address() as { port: number }).port)),
            ),
        )
        const gateway = address.replace(/\.\d+$/, ".1")
        expect(yield* get(`http://${gateway}:${port}/`)).toBe("the host")
        expect((yield* ask(gateway, port)).output).not.toContain("the host")
        server.close()
      }).pipe(Effect.ensuring(Effect.orDie(runtime.remove(sibling.id))))
    })
  })

  describe(`${handler}: exec`, () => {
    test("a terminal has the size that it was given", forever, (runtime, id) =>
      Effect.scoped(
        Effect.gen(function* () {
          const session = yield* runtime.exec(id, { command: ["sh"], tty: true, stdin: true })
          yield* session.resize({ columns: 91, rows: 23 })
          yield* session.write(Buffer.from("stty size; exit 6\n"))
          const output = yield* Stream.runCollect(session.output)
          expect(text([...output].map(({ chunk }) => chunk))).toContain("23 91")
          expect(yield* session.exit).toBe(6)
        }),
      ),
    )
    test("all of a long output comes before the exit code", forever, (runtime, id) =>
      Effect.gen(function* () {
        const command = ["sh", "-c", "yes 0123456789 | head -n 200000; exit 3"]
        const { output, exitCode } = yield* exec(runtime, id, { command })
        expect([output.length, exitCode]).toEqual([11 * 200_000, 3])
      }),
    )
    test("a command that is not there fails to start", forever, (runtime, id) =>
      Effect.gen(function* () {
        expect(yield* reason(exec(runtime, id, { command: ["/no/such/program"] }))).toBe("StartFailed")
        expect((yield* exec(runtime, id, { command: ["true"] })).exitCode).toBe(0)
      }),
    )
    test("a process is killed with its session's Scope", forever, (runtime, id) =>
      Effect.gen(function* () {
        const command = ["sh", "-c", "exec sleep 98765"]
        yield* Effect.scoped(
          Effect.andThen(runtime.exec(id, { command, tty: false, stdin: false }), Effect.sleep(200)),
        )
        const { output } = yield* exec(runtime, id, { command: ["ps"] })
        expect(output).not.toContain("98765")
      }),
    )
  })

  describe(`${handler}: attach`, () => {
    test(
      "a terminal has the size that its caller gives it, and stays for the next",
      () => specOf(["sh"], { tty: true, stdin: true, stdinOnce: true }),
      (runtime, id) =>
        Effect.gen(function* () {
          const session = runtime.attach(id, { stdin: true })
          const heard = yield* Effect.scoped(
            Effect.gen(function* () {
              const { resize, write, output } = yield* session
              yield* resize({ columns: 91, rows: 23 })
              yield* write(Buffer.from("stty size\n"))
              let seen = ""
              yield* Stream.runDrain(
                Stream.takeUntil(output, ({ chunk }) => {
                  seen += text([chunk])
                  return /\d+ \d+\r\n/.test(seen)
                }),
              )
              return seen
            }),
          )
          expect(heard).toContain("23 91")
          const exitCode = yield* Effect.scoped(
            Effect.flatMap(session, ({ write, exit }) =>
              Effect.andThen(write(Buffer.from("exit 6\n")), exit),
            ),
          )
          expect(exitCode).toBe(6)
        }),
    )
    test(
      "a program that reads nothing does not hold up who leaves",
      () => specOf(["sleep", "100"], { stdin: true, stdinOnce: true }),
      (runtime, id) =>
        Effect.gen(function* () {
          const writing = Effect.flatMap(runtime.attach(id, { stdin: true }), ({ write }) =>
            write(Buffer.alloc(1 << 20, "x")),
          )
          const written = yield* Effect.timeoutOption(Effect.scoped(writing), 1_000)
          expect(Option.isNone(written)).toBe(true)
        }),
    )
  })

  describe(`${handler}: logs`, () => {
    test(
      "stdout and stderr of a terminal's program are kept",
      () => specOf(["sh", "-c", "echo on a terminal; stty size"], { tty: true }),
      (runtime, id) =>
        Effect.gen(function* () {
          yield* awaitExit(runtime, id)
          expect(yield* logs(runtime, id)).toContain("on a terminal")
        }),
    )
    test(
      "since leaves out what came before",
      () => specOf(["sh", "-c", "echo early; sleep 1; echo late; sleep 0.2"]),
      (runtime, id) =>
        Effect.gen(function* () {
          yield* awaitExit(runtime, id)
          const stamped = text(yield* Stream.runCollect(runtime.logs(id, { timestamps: true })))
          const [early = 0, late = 0] = Array.from(stamped.matchAll(/^(\S+) /gm), ([, at]) =>
            Date.parse(at ?? ""),
          )
          expect(late - early).toBeGreaterThan(500)
          const since = new Date(early + 400)
          expect(text(yield* Stream.runCollect(runtime.logs(id, { since })))).toBe("late\n")
        }),
    )
  })

  describe(`${handler}: what breaks`, () => {
    test("a killed containerd comes back, and the sandbox is still there", forever, (runtime, id) =>
      Effect.gen(function* () {
        const pid = Number(readFileSync(join(real().address, "../containerd.pid"), "utf8"))
        const before = yield* runtime.status(id)
        yield* Effect.sleep(400)
        const resync = yield* Effect.forkChild(
          Stream.runHead(Stream.filter(runtime.events, ({ type }) => type === "resync")),
          { startImmediately: true },
        )
        process.kill(pid, "SIGKILL")
        const after = yield* Effect.sleep(100).pipe(
          Effect.andThen(runtime.status(id)),
          Effect.retry({ times: 100 }),
        )
        expect(after).toEqual(before)
        expect((yield* exec(runtime, id, { command: ["sh", "-c", "exit 5"] })).exitCode).toBe(5)
        expect(Option.isSome(yield* Fiber.join(resync))).toBe(true)
        yield* runtime.stop(id, 0)
        expect((yield* runtime.status(id))?.task).toMatchObject({ state: "exited", exitCode: 137 })
      }),
    )
    it("a program that cannot be started is StartFailed, and remove leaves nothing of it", () =>
      withRuntime((runtime) =>
        Effect.gen(function* () {
          const spec = specOf(["/no/such/program"])
          const run = Effect.andThen(runtime.create(spec), runtime.start(spec.id))
          expect(yield* reason(run)).toBe("StartFailed")
          yield* runtime.remove(spec.id)
          expect(yield* runtime.status(spec.id)).toBeUndefined()
        }),
      ))
    it("a create that is cut leaves a half at most, which remove cleans", () =>
      withRuntime((runtime) =>
        Effect.gen(function* () {
          for (const millis of [5, 30, 60, 100, 160]) {
            const spec = specOf(["sleep", "100"])
            yield* Effect.timeoutOption(runtime.create(spec), millis)
            yield* runtime.remove(spec.id)
            expect(yield* runtime.status(spec.id)).toBeUndefined()
          }
        }),
      ))
  })
}

inOwnNamespaces({ file: import.meta.filename, project: "conformance", timeoutMs: 400_000 }, () => {
  let opened: RealRuntime | undefined
  const real = (): RealRuntime => {
    if (opened === undefined) throw new Error("the runtime is not open")
    return opened
  }
  beforeAll(async () => {
    opened = await openRealRuntime(["gvisor", "runc"])
  }, 60_000)
  afterAll(() => opened?.close(), 60_000)

  for (const handler of ["gvisor", "runc"] as const) {
    runtimeConformance(handler, () => real().layer, {
      handler,
      image: TEST_IMAGE,
      newId,
      pass: (millis) => Effect.sleep(millis),
      clock: (effect) => effect,
      timeoutMs: 60_000,
    })
    suites(real, handler)
  }

  it("nothing is left of all of them", () => {
    const left = leftovers(real())
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((what) => [what, []])))
  })
})
