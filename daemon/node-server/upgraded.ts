/** Connections that leave HTTP: a process in a sandbox, a part in its main process, its ports. */
import { Effect, type Scope } from "effect"
import type { SandboxId, SandboxRuntime } from "../../runtime-shim/index.ts"
import { openAttach, serveAttach } from "./attach-session.ts"
import { serveExec } from "./exec-session.ts"
import { servePortChannels } from "./port-channels.ts"
import { servePortForward } from "./port-forward.ts"
import { Refusal } from "./refusal.ts"
import type { RemotePeer } from "./remote-peer.ts"
import { resolveSandbox } from "./resolve.ts"
import type { Route, StreamQuery } from "./route.ts"
import { makeSpdyPeer } from "./spdy-peer.ts"
import {
  acceptPortForward,
  acceptSpdy,
  acceptWebSocket,
  type PortForm,
  portFormOf,
  type StreamForm,
  streamFormOf,
  type Upgrade,
} from "./upgrade.ts"
import { closed } from "./web-socket.ts"
import { makeWebSocketPeer } from "./web-socket-peer.ts"

const NORMAL_CLOSURE = 1000

type Serve = (peer: RemotePeer) => Effect.Effect<void, never, SandboxRuntime>

const overWebSocket = (
  upgrade: Upgrade,
  more: { readonly query: StreamQuery; readonly form: Extract<StreamForm, { form: "webSocket" }> },
  serve: Serve,
) =>
  Effect.gen(function* () {
    const socket = yield* acceptWebSocket(upgrade)
    const { query, form } = more
    yield* makeWebSocketPeer(socket, { query, protocol: form.protocol }).pipe(
      Effect.flatMap(serve),
      Effect.scoped,
      Effect.raceFirst(closed(socket)),
      Effect.ensuring(Effect.sync(() => socket.close(NORMAL_CLOSURE))),
    )
  })

const overSpdy = (upgrade: Upgrade, query: StreamQuery, serve: Serve) =>
  Effect.gen(function* () {
    const transport = yield* acceptSpdy(upgrade)
    const { peer, closed: ended, close } = yield* makeSpdyPeer(transport, query)
    yield* Effect.raceFirst(serve(peer), ended)
    yield* close
  }).pipe(
    Effect.scoped,
    // The client is past HTTP: the end of the connection is all that can be told.
    Effect.catch(({ message }) => Effect.logDebug("a SPDY client was given up", message)),
  )

const converse = Effect.fnUntraced(function* (upgrade: Upgrade, query: StreamQuery, serve: Serve) {
  const form = yield* streamFormOf(upgrade)
  yield* form.form === "spdy"
    ? overSpdy(upgrade, query, serve)
    : overWebSocket(upgrade, { query, form }, serve)
})

/** Serves the upgrade to its end. Fails, before anything was answered, with a Refusal. */
export const serveUpgrade = Effect.fnUntraced(function* (
  route: Route,
  upgrade: Upgrade,
): Effect.fn.Return<void, Refusal, SandboxRuntime> {
  switch (route._tag) {
    case "Log":
    case "Stats":
      return yield* new Refusal({ reason: "BadRequest", message: "this is served without an upgrade" })
    case "Exec": {
      yield* streamFormOf(upgrade)
      const id = yield* resolveSandbox(route.sandbox, { previous: false })
      return yield* converse(upgrade, route.query, (peer) => serveExec(peer, { id, query: route.query }))
    }
    case "Attach": {
      yield* streamFormOf(upgrade)
      const { query } = route
      const id = yield* resolveSandbox(route.sandbox, { previous: false })
      return yield* Effect.scoped(
        Effect.flatMap(openAttach(id, query), (session) =>
          converse(upgrade, query, (peer) => serveAttach(peer, query, session)),
        ),
      )
    }
    case "PortForward": {
      const form = yield* portFormOf(upgrade, route.ports)
      const id = yield* resolveSandbox(route.sandbox, { previous: false })
      if (form !== "channels") return yield* Effect.scoped(forwardPorts(upgrade, form, id))
      return yield* servePortChannels(yield* acceptWebSocket(upgrade), id, route.ports)
    }
  }
})

const forwardPorts = (
  upgrade: Upgrade,
  form: Exclude<PortForm, "channels">,
  id: SandboxId,
): Effect.Effect<void, never, SandboxRuntime | Scope.Scope> =>
  Effect.flatMap(acceptPortForward(upgrade, form), (transport) => servePortForward(transport, id))
