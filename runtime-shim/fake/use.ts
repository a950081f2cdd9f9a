/** Ports and use of a fake sandbox: a page on every port of a server, and figures that follow from the time it has run. */
import { createServer } from "node:http"
import { type Duplex, duplexPair } from "node:stream"
import { Clock, Effect, type Scope } from "effect"
import { RuntimeError, type SandboxId, type SandboxStats } from "../sandbox-runtime.ts"
import { page } from "./responder.ts"
import type { FakeSandbox, FakeWorld } from "./world.ts"

/** A server that runs idle: five thousandths of a core, eight mebibytes. */
const idle = { cpuNanosPerMilli: 5_000, memoryBytes: 8 << 20 }

const runningSandbox = (
  world: FakeWorld,
  id: SandboxId,
  operation: "dial" | "stats",
): Effect.Effect<FakeSandbox & { readonly startedAt: number }, RuntimeError> =>
  Effect.gen(function* () {
    const refuse = (reason: RuntimeError["reason"], message: string) =>
      new RuntimeError({ reason, operation, subject: id, message })
    const sandbox = world.sandboxes.get(id)
    if (sandbox === undefined) return yield* refuse("NotFound", `there is no sandbox ${id}`)
    world.settle(sandbox, yield* Clock.currentTimeMillis)
    const { startedAt } = sandbox
    if (startedAt === undefined || sandbox.exited !== undefined)
      return yield* refuse("FailedPrecondition", `sandbox ${id} does not run`)
    return Object.assign(sandbox, { startedAt })
  })

/** A connection inside this process. */
export const dialFake = (world: FakeWorld, id: SandboxId): Effect.Effect<Duplex, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const { spec } = yield* runningSandbox(world, id, "dial")
    const [ours, theirs] = duplexPair()
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(page(spec))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        ours.destroy()
        theirs.destroy()
      }),
    )
    for (const end of [ours, theirs]) end.on("error", () => {})
    server.emit("connection", theirs)
    return ours
  })

export const fakeStats = (world: FakeWorld, id: SandboxId): Effect.Effect<SandboxStats, RuntimeError> =>
  Effect.gen(function* () {
    const { startedAt } = yield* runningSandbox(world, id, "stats")
    const now = yield* Clock.currentTimeMillis
    return { cpuNanos: (now - startedAt) * idle.cpuNanosPerMilli, memoryBytes: idle.memoryBytes }
  })
