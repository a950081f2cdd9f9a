/**
 * A page on the host ports of fake sandboxes, so that a system without containers still answers where it says it does.
 *
 * Pass as `serve` to {@link fakeRuntimeLayer}. A port that is taken is left alone.
 */
import { createServer, type Server } from "node:http"
import { Effect, type Scope } from "effect"
import type { PortMapping, SandboxSpec } from "../sandbox-runtime.ts"

export const page = ({ hostname, containers: [container] }: SandboxSpec): string =>
  [
    `Hello from ${hostname} (image ${container.image}).`,
    "This is the fake runtime of Miren: the sandbox is accounted for, but no container runs on this machine.",
    "",
  ].join("\n")

const listen = (spec: SandboxSpec, { hostPort, hostIP }: PortMapping): Effect.Effect<Server | undefined> =>
  Effect.callback((resume) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(page(spec))
    })
    server.once("error", () => resume(Effect.succeed(undefined)))
    server.listen(hostPort, hostIP ?? "127.0.0.1", () => resume(Effect.succeed(server)))
  })

const close = (server: Server | undefined): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (server === undefined) return resume(Effect.void)
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Serves the mapped TCP ports of one sandbox while its Scope is open. */
export const servePage = (spec: SandboxSpec): Effect.Effect<void, never, Scope.Scope> =>
  Effect.forEach(
    spec.ports.filter(({ protocol }) => protocol === "tcp"),
    (port) => Effect.acquireRelease(listen(spec, port), close),
    { discard: true },
  )
