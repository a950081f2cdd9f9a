/** A node server over the fake runtime, with one sandbox. */
import type { RequestOptions } from "node:https"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import {
  type ContainerSpec,
  FakeWorld,
  fakeRuntimeLayer,
  SandboxRuntime,
} from "../../../runtime-shim/index.ts"
import { makeNodeServer, type NodeServer } from "../index.ts"
import { type Credentials, issueCredentials } from "./credentials.ts"

export interface World {
  readonly server: NodeServer
  /** Processes started by exec that are attached now. */
  readonly attached: { count: number }
  /** Closes the server. */
  readonly close: Effect.Effect<void>
  readonly machine: FakeWorld
  readonly credentials: Credentials
}

/** A node with one sandbox, `default/web`, that runs `command`. */
export const started = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  stdio: Pick<ContainerSpec, "stdin" | "stdinOnce" | "tty"> = {},
): Effect.fn.Return<World, never, Scope.Scope> {
  const machine = new FakeWorld()
  machine.addImage("busybox")
  const context = yield* Layer.build(fakeRuntimeLayer({ world: machine }))
  const runtime = Context.get(context, SandboxRuntime)
  const id = "0123456789abcdef".repeat(2)
  // As the runner labels what it runs.
  const about = { namespace: "default", name: "web", uid: "u", attempt: "0", "spec-hash": "h" }
  const labels = Object.fromEntries(
    Object.entries(about).map(([name, value]) => [`compute.miren.dev/${name}`, value]),
  )
  const container = { name: "main", image: "busybox", command, env: [], resources: {}, ...stdio }
  const spec = { id, handler: "gvisor", hostname: "web", labels, ports: [] } as const
  yield* Effect.orDie(runtime.create({ ...spec, containers: [container] }))
  yield* Effect.orDie(runtime.start(id))
  const credentials = yield* Effect.promise(issueCredentials)
  const attached = { count: 0 }
  const counting: SandboxRuntime["Service"] = {
    ...runtime,
    exec: (sandbox, exec) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          attached.count += 1
        }),
        () =>
          Effect.sync(() => {
            attached.count -= 1
          }),
      ).pipe(Effect.andThen(runtime.exec(sandbox, exec))),
  }
  const scope = yield* Scope.make()
  const close = Scope.close(scope, Exit.void)
  yield* Effect.addFinalizer(() => close)
  const server = yield* makeNodeServer({ tls: credentials.server, clientCommonName: "apiserver" }).pipe(
    Effect.provideService(SandboxRuntime, counting),
    Scope.provide(scope),
    Effect.orDie,
  )
  return { server, machine, credentials, attached, close }
})

export type Who = "apiserver" | "stranger" | "nobody"

export const tlsOf = ({ credentials }: World, who: Who): RequestOptions => ({
  ca: credentials.authority,
  ...(who === "nobody" ? {} : credentials.clients[who]),
})
