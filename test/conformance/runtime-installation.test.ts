/** Whole installations of the real runtime: images from elsewhere, restarts, neighbours, and the end of one. */
import { execFileSync, spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Option, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  destroyRuntime,
  type Handler,
  type RuntimeError,
  SandboxRuntime,
  type SandboxSpec,
  writeTar,
} from "../../runtime-shim/index.ts"
import { leftovers, openRealRuntime, processes, type RealRuntime } from "../kit/containerd.ts"
import { TEST_IMAGE, testLayerTar } from "../kit/image.ts"
import { inOwnNamespaces } from "../kit/isolated-test.ts"
import { startRegistry } from "../kit/registry.ts"

type Service = SandboxRuntime["Service"]

const newId = () => randomBytes(16).toString("hex")

const specOf = (
  command: ReadonlyArray<string>,
  image = TEST_IMAGE,
  handler: Handler = "gvisor",
): SandboxSpec => ({
  id: newId(),
  handler,
  hostname: "h",
  labels: {},
  ports: [],
  containers: [{ name: "main", image, command, env: [], resources: {} }],
})

const HTTPD = ["httpd", "-f", "-p", "8080", "-h", "/www"]

const use = <A>(real: RealRuntime, body: (runtime: Service) => Effect.Effect<A, RuntimeError>) =>
  Effect.runPromise(Effect.scoped(Effect.provide(Effect.flatMap(SandboxRuntime, body), real.layer)))

const launch = (runtime: Service, spec: SandboxSpec) =>
  Effect.gen(function* () {
    const created = yield* runtime.create(spec)
    yield* runtime.start(spec.id)
    return created.addresses[0] ?? ""
  })

const get = async (address: string): Promise<string> => {
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(2_000) })
      return await response.text()
    } catch (error) {
      if (tries >= 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

const reasonOf = (exit: Exit.Exit<unknown, RuntimeError>) =>
  Option.getOrUndefined(Exit.findErrorOption(exit))?.reason

const awaitExit = (runtime: Service, id: string) =>
  Effect.gen(function* () {
    for (;;) {
      const status = yield* runtime.status(id)
      if (status?.task.state === "exited") return status.task
      yield* Effect.sleep(50)
    }
  }).pipe(Effect.timeoutOrElse({ duration: 20_000, orElse: () => Effect.die(new Error("it did not exit")) }))

const output = (runtime: Service, id: string) =>
  Effect.map(Stream.runCollect(runtime.logs(id, { follow: true })), (chunks) =>
    Buffer.concat([...chunks]).toString(),
  )

/** Runs an image's own command to its end and gives what it printed. */
const printed = (runtime: Service, image: string) => {
  const spec = specOf([], image)
  return Effect.gen(function* () {
    yield* launch(runtime, spec)
    yield* awaitExit(runtime, spec.id)
    return yield* output(runtime, spec.id)
  }).pipe(Effect.ensuring(Effect.orDie(runtime.remove(spec.id))))
}

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** What `docker save` writes: layers by folder, and no digests. */
const dockerSave = (): Buffer => {
  const layer = testLayerTar()
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Entrypoint: ["/bin/echo"], Cmd: ["from", "docker", "save"], Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${digestOf(layer)}`] },
    }),
  )
  const configName = `${digestOf(config)}.json`
  return writeTar({
    [configName]: { content: config },
    "abc/layer.tar": { content: layer },
    "manifest.json": {
      content: JSON.stringify([{ Config: configName, RepoTags: ["saved:1"], Layers: ["abc/layer.tar"] }]),
    },
  })
}

inOwnNamespaces({ file: import.meta.filename, project: "conformance", timeoutMs: 300_000 }, () => {
  let opened: RealRuntime | undefined
  const real = (): RealRuntime => {
    if (opened === undefined) throw new Error("the runtime is not open")
    return opened
  }
  beforeAll(async () => {
    opened = await openRealRuntime(["gvisor", "runc"])
  }, 60_000)
  afterAll(() => opened?.close(), 60_000)

  describe("images", () => {
    it("an image is pulled by tag through a token and an index, and runs as its user", async () => {
      const registry = await startRegistry()
      try {
        await use(real(), (runtime) =>
          Effect.gen(function* () {
            const pull = runtime.ensureImage(registry.reference, "IfNotPresent")
            const [image] = yield* Effect.all([pull, pull, pull], { concurrency: 3 })
            expect(image.reference).toBe(registry.reference)
            expect(yield* printed(runtime, registry.reference)).toBe("pulled\n")
            const layers = registry.requests.filter((request) => request === registry.layerRequest)
            expect(layers).toHaveLength(1)
            const asked = registry.requests.length
            yield* runtime.ensureImage(registry.reference, "IfNotPresent")
            expect(registry.requests.length).toBe(asked)
            const byDigest = `${registry.host}/team/app@${registry.indexDigest}`
            expect((yield* runtime.ensureImage(byDigest, "Always")).digest).toBe(image.digest)
          }),
        )
      } finally {
        await registry.close()
      }
    }, 60_000)
    it("an image that a registry does not have is ImagePullFailed, and so is one whose layer is not what its digest says", async () => {
      const registry = await startRegistry()
      registry.corruptLayer()
      const fresh = await openRealRuntime(["gvisor"])
      try {
        await use(fresh, (runtime) =>
          Effect.gen(function* () {
            const absent = yield* Effect.exit(
              runtime.ensureImage(`${registry.host}/team/other:1`, "IfNotPresent"),
            )
            expect(reasonOf(absent)).toBe("ImagePullFailed")
            const broken = yield* Effect.exit(runtime.ensureImage(registry.reference, "IfNotPresent"))
            expect(reasonOf(broken)).toBe("ImagePullFailed")
            expect((yield* runtime.images).map(({ reference }) => reference)).toEqual([TEST_IMAGE])
          }),
        )
      } finally {
        await fresh.close()
        await registry.close()
      }
    }, 60_000)
    it("an image of docker save is imported under its own name and runs", async () => {
      const path = join(real().dataDir, "saved.tar")
      writeFileSync(path, dockerSave())
      await use(real(), (runtime) =>
        Effect.gen(function* () {
          const images = yield* runtime.importImage(path)
          expect(images.map(({ reference }) => reference)).toEqual(["saved:1"])
          expect(yield* printed(runtime, "saved:1")).toBe("from docker save\n")
        }),
      )
    }, 60_000)
    it("a file that is no image is refused", async () => {
      const path = join(real().dataDir, "no-image.tar")
      writeFileSync(path, "x".repeat(2000))
      const exit = await use(real(), (runtime) => Effect.exit(runtime.importImage(path)))
      expect(reasonOf(exit)).toBe("InvalidArgument")
    })
  })

  describe("a daemon that stops and starts", () => {
    it.each(["gvisor", "runc"] as const)(
      "what runs under %s goes on meanwhile, is adopted, and its exit in the meantime is known",
      async (handler) => {
        const server = specOf(HTTPD, TEST_IMAGE, handler)
        const short = specOf(["sh", "-c", "sleep 2; echo done; exit 9"], TEST_IMAGE, handler)
        const address = await use(real(), (runtime) =>
          Effect.andThen(launch(runtime, short), launch(runtime, server)),
        )
        expect(await get(address)).toBe("hello from a sandbox\n")
        await real().stop()
        expect(await get(address)).toBe("hello from a sandbox\n")
        await new Promise((resolve) => setTimeout(resolve, 2_500))
        await real().start()
        await use(real(), (runtime) =>
          Effect.gen(function* () {
            const states = new Map((yield* runtime.list).map(({ id, task }) => [id, task]))
            expect(states.get(server.id)).toMatchObject({ state: "running" })
            expect(states.get(short.id)).toMatchObject({ state: "exited", exitCode: 9 })
            expect(yield* output(runtime, short.id)).toBe("done\n")
            yield* runtime.stop(server.id, 0)
          }).pipe(
            Effect.ensuring(Effect.orDie(runtime.remove(server.id))),
            Effect.ensuring(Effect.orDie(runtime.remove(short.id))),
          ),
        )
      },
      60_000,
    )
    it("a sandbox whose shim is killed has exited, and is removed whole", async () => {
      const spec = specOf(HTTPD)
      await use(real(), (runtime) =>
        Effect.gen(function* () {
          yield* launch(runtime, spec)
          const shims = processes().filter(
            ({ command }) => command.includes("containerd-shim") && command.includes(spec.id),
          )
          expect(shims).toHaveLength(1)
          for (const { pid } of shims) process.kill(pid, "SIGKILL")
          expect(yield* awaitExit(runtime, spec.id)).toMatchObject({ exitCode: 137 })
          yield* runtime.remove(spec.id)
        }),
      )
      const left = leftovers(real())
      expect(left).toEqual(Object.fromEntries(Object.keys(left).map((what) => [what, []])))
    }, 60_000)
  })

  describe("many at once", () => {
    it("eight sandboxes with host ports come up together, answer, and go together", async () => {
      const specs = Array.from({ length: 8 }, (_, i) => ({
        ...specOf(HTTPD),
        ports: [{ containerPort: 8080, hostPort: 18100 + i, protocol: "tcp" as const }],
      }))
      const all = { concurrency: 8 } as const
      const addresses = await use(real(), (runtime) =>
        Effect.forEach(specs, (spec) => launch(runtime, spec), all),
      )
      expect(new Set(addresses).size).toBe(8)
      const pages = await Promise.all(addresses.map(get))
      expect(new Set(pages)).toEqual(new Set(["hello from a sandbox\n"]))
      const mapped = await Promise.all(
        specs.map(async ({ ports: [port] }) => (await fetch(`http://127.0.0.1:${port?.hostPort}/`)).text()),
      )
      expect(new Set(mapped)).toEqual(new Set(["hello from a sandbox\n"]))
      await use(real(), (runtime) => Effect.forEach(specs, ({ id }) => runtime.remove(id), all))
      const left = leftovers(real())
      expect(left).toEqual(Object.fromEntries(Object.keys(left).map((what) => [what, []])))
    }, 60_000)
  })

  describe("a daemon that is killed", () => {
    it.each([30, 110, 190, 270, 350, 430])(
      "%d ms into its work leaves nothing that its successor does not find and take away",
      async (millis) => {
        await real().stop()
        const script = join(import.meta.dirname, "../kit/doomed-daemon.ts")
        const daemon = spawn(process.execPath, [script, real().dataDir], {
          stdio: ["ignore", "pipe", "inherit"],
        })
        await new Promise((resolve) => daemon.stdout.once("data", resolve))
        await new Promise((resolve) => setTimeout(resolve, millis))
        const exited = new Promise((resolve) => daemon.once("exit", resolve))
        daemon.kill("SIGKILL")
        await exited
        await real().start()
        await use(real(), (runtime) =>
          Effect.gen(function* () {
            const found = yield* runtime.list
            yield* Effect.forEach(found, ({ id }) => runtime.remove(id), { concurrency: 3 })
            expect(yield* runtime.list).toEqual([])
          }),
        )
        const left = leftovers(real())
        expect(left).toEqual(Object.fromEntries(Object.keys(left).map((what) => [what, []])))
      },
      60_000,
    )
  })

  describe("installations side by side", () => {
    it("do not see nor reach each other's sandboxes, and the end of one leaves the other alone", async () => {
      const other = await openRealRuntime(["gvisor"])
      const mine = specOf(HTTPD)
      const theirs = specOf(HTTPD)
      const address = await use(real(), (runtime) => launch(runtime, mine))
      const theirAddress = await use(other, (runtime) => launch(runtime, theirs))
      expect(await get(address)).toBe("hello from a sandbox\n")
      expect(await get(theirAddress)).toBe("hello from a sandbox\n")
      await use(other, (runtime) =>
        Effect.scoped(
          Effect.gen(function* () {
            expect((yield* runtime.list).map(({ id }) => id)).toEqual([theirs.id])
            const command = ["sh", "-c", `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 8080`]
            const session = yield* runtime.exec(theirs.id, { command, tty: false, stdin: false })
            const heard = yield* Stream.runCollect(session.output)
            expect(Buffer.concat(heard.map(({ chunk }) => chunk)).toString()).not.toContain("hello")
          }),
        ),
      )
      await other.stop()
      await Effect.runPromise(destroyRuntime({ dataDir: other.dataDir }))
      await Effect.runPromise(destroyRuntime({ dataDir: other.dataDir }))
      const runDir = join(other.address, "..")
      const mark = runDir.slice(-12)
      const rules = ["iptables-save", "ip6tables-save"].map((file) =>
        execFileSync(file, { encoding: "utf8" }),
      )
      expect(existsSync(runDir)).toBe(false)
      expect(
        rules
          .join("")
          .split("\n")
          .filter((line) => line.includes(mark) || line.includes(theirs.id)),
      ).toEqual([])
      expect(existsSync(`/proc/sys/net/ipv4/conf/miren${mark.slice(0, 10)}`)).toBe(false)
      expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(other.dataDir)
      expect(processes().filter(({ command }) => command.includes(theirs.id))).toEqual([])
      expect(await get(address)).toBe("hello from a sandbox\n")
      await use(real(), (runtime) => runtime.remove(mine.id))
      await other.close()
    }, 60_000)
  })
})
