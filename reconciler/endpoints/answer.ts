/** What each path of the endpoints answers. Pure but for what it asks of the manager. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { ControllerHandle } from "../run-controller.ts"
import { controllerView } from "./debug-view.ts"

/** What the endpoints show of a manager. */
export interface ShownManager {
  readonly controllers: () => ReadonlyArray<ControllerHandle>
  readonly isLeading: () => boolean
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly host: string
  readonly authorization: string | undefined
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export interface EndpointWorld {
  readonly manager: ShownManager
  /** The metrics in Prometheus' text. */
  readonly metrics: () => string
  readonly token: string | undefined
  readonly isLoopback: boolean
}

const text = (status: number, body: string): Answer => ({
  status,
  contentType: "text/plain; charset=utf-8",
  body: `${body}\n`,
})
const json = (status: number, value: unknown): Answer => ({
  status,
  contentType: "application/json",
  body: `${JSON.stringify(value)}\n`,
})

/** One line for each informer, as Kubernetes' own health checks write them. */
const readiness = (manager: ShownManager): Answer => {
  const informers = new Set(manager.controllers().flatMap(({ informers }) => informers))
  let isReady = true
  const lines = [...informers].map((informer) => {
    const isSynced = informer.resourceVersion() !== undefined
    isReady &&= isSynced
    const state = informer.state()
    const why = state._tag === "Stale" ? `: ${state.trouble.reason}: ${state.trouble.message}` : ""
    return isSynced
      ? `[+]informer-${informer.kind.plural} ok`
      : `[-]informer-${informer.kind.plural} not synced${why}`
  })
  return text(isReady ? 200 : 503, [...lines, `readyz check ${isReady ? "passed" : "failed"}`].join("\n"))
}

const sameText = (a: string, b: string): boolean => {
  const hash = (one: string) => createHash("sha256").update(one).digest()
  return timingSafeEqual(hash(a), hash(b))
}

const hasToken = ({ token }: EndpointWorld, { authorization = "" }: Asked): boolean =>
  token !== undefined && sameText(authorization, `Bearer ${token}`)

/** A page in a browser on this machine may be anyone's, under a name that resolves to here: only our own names count. */
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

const mayRead = (world: EndpointWorld, asked: Asked): boolean =>
  world.token === undefined ? world.isLoopback && loopbackHost.test(asked.host) : hasToken(world, asked)

const controllerPath = /^\/debug\/controllers\/([^/]+)(\/reconcile)?$/

const debug = (world: EndpointWorld, asked: Asked): Answer => {
  const { manager } = world
  if (!mayRead(world, asked)) return text(403, "debug endpoints need the token, or a loopback address")
  if (asked.path === "/debug/controllers") {
    return json(200, {
      isLeading: manager.isLeading(),
      controllers: manager.controllers().map(controllerView),
    })
  }
  const [, encoded = "", action] = controllerPath.exec(asked.path) ?? []
  const name = decodeURIComponent(encoded)
  const handle = manager.controllers().find((one) => one.name === name)
  if (handle === undefined) return text(404, `no controller ${JSON.stringify(name)} runs here`)
  if (action === undefined) return json(200, controllerView(handle))
  if (asked.method !== "POST") return text(405, "ask for a reconcile by POST")
  if (!hasToken(world, asked)) return text(403, "to ask for a reconcile needs the token of the endpoints")
  const key = asked.query.get("key") ?? ""
  const found = /^([^/]*)\/([^/]+)$/.exec(key)
  if (found === null) return text(400, "key must be NAMESPACE/NAME, or /NAME for what has no namespace")
  handle.reconcileNow({ namespace: found[1] ?? "", name: found[2] ?? "" })
  return json(202, { controller: name, key })
}

/** Fails with nothing: what is wrong with a request is said. */
export const answer = (world: EndpointWorld, asked: Asked): Answer => {
  const isReconcile = controllerPath.exec(asked.path)?.[2] !== undefined
  if (asked.method !== "GET" && asked.method !== "HEAD" && !isReconcile)
    return text(405, "only GET is answered")
  switch (asked.path) {
    case "/healthz":
    case "/livez":
      return text(200, "ok")
    case "/readyz":
      return readiness(world.manager)
    case "/metrics":
      return { status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: world.metrics() }
    default:
      return asked.path.startsWith("/debug/") ? debug(world, asked) : text(404, "nothing is served here")
  }
}
