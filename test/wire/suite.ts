/**
 * The wire contract as tests: one suite for each subsection of its list of statements, run over every store.
 *
 * A test's name begins with the number of its statement. Each has a server of its own, in which time stands still until
 * the test moves it. Start with {@link wireConformance}.
 */
import { Effect, Exit, Scope } from "effect"
import { test } from "vitest"
import { ApiServer, type ApiServerOptions } from "../../apiserver/index.ts"
import { TestAmbient, World } from "../../apiserver/test-world.ts"
import { definitions } from "../../schemas/index.ts"
import type { Store } from "../../store/index.ts"

/** An empty store of the kind under test. */
export type OpenStore = () => Promise<{ readonly store: Store; readonly close: () => Promise<void> }>

export interface WireServer {
  readonly world: World
  readonly close: () => Promise<void>
}

export type OpenServer = (options?: Partial<ApiServerOptions>) => Promise<WireServer>

/** Tests of one subsection; `name` says over which store. */
export type Suite = (name: string, openServer: OpenServer) => void

/** The store of another server stays open. */
const borrowed = (store: Store) => ({ store, close: async () => {} })

/** A server over an empty store, or over the one given. */
export const serverOver =
  (openStore: OpenStore): OpenServer =>
  async (options = {}) => {
    const { store, close } = options.store === undefined ? await openStore() : borrowed(options.store)
    const ambient = new TestAmbient()
    const scope = await Effect.runPromise(Scope.make())
    const make = ApiServer.make({ definitions, ambient, ...options, store }).pipe(
      Effect.tap((server) => server.ready),
    )
    const server = await Effect.runPromise(Scope.provide(make, scope))
    return {
      world: new World(server, store, ambient),
      close: async () => {
        await Effect.runPromise(Scope.close(scope, Exit.void))
        await close()
      },
    }
  }

export type Statement = (
  title: string,
  body: (world: World) => Promise<void>,
  options?: Partial<ApiServerOptions>,
) => void

/** Tests with a server of their own. */
export const statementsOf =
  (openServer: OpenServer): Statement =>
  (title, body, options = {}) =>
    test(title, async () => {
      const { world, close } = await openServer(options)
      try {
        await body(world)
      } finally {
        await close()
      }
    })
