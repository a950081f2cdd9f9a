/**
 * The environment's services as a program sees them. What it asks of them is done in the environment's own life, so that a
 * machine finishes what it was told by a program that was killed meanwhile; and each action is a point at which it can be.
 */
import { Context, Effect, type Exit } from "effect"
import type { CrashPoints } from "./crash-points.ts"
import type { Life } from "./life.ts"
import type { Occasions } from "./occasions.ts"
import type { Actions } from "./scenario.ts"

export interface EnvironmentOptions {
  readonly environment: Life
  readonly program: Life
  readonly faults: { readonly occasions: Occasions; readonly points: CrashPoints }
  readonly actions: ReadonlyArray<Actions>
}

type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/** In the environment's life; what comes back reaches only the living. */
const inEnvironment = (
  { environment, program }: EnvironmentOptions,
  effect: AnyEffect,
  after: () => void,
): AnyEffect =>
  effect.pipe(
    Effect.provide(environment.services),
    Effect.exit,
    Effect.flatMap((exit: Exit.Exit<unknown, unknown>) =>
      Effect.suspend(() => {
        after()
        return program.isAlive ? exit : Effect.never
      }),
    ),
  )

const nothing = () => {}

const wrapped = (options: EnvironmentOptions, effect: AnyEffect, action: string | undefined): AnyEffect => {
  if (action === undefined) return inEnvironment(options, effect, nothing)
  const { program, faults } = options
  return Effect.suspend(() => {
    const point = faults.points.action(program.actor, action)
    const crash = faults.occasions.strikes("crash", program.actor, () => action)
    if (crash === undefined) return inEnvironment(options, effect, nothing)
    faults.points.strike(point)
    if (crash.chance.strikes(0.5))
      return inEnvironment(options, effect, () => program.kill(`killed when ${action} is done`))
    program.kill(`killed before ${action}`)
    return Effect.never
  })
}

/** The service with each of its effects wrapped. */
const wrappedService = (options: EnvironmentOptions, key: string, service: object): object => {
  const actions = new Set(
    options.actions.filter((each) => each.service.key === key).flatMap(({ methods }) => methods),
  )
  return new Proxy(service, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      const action = typeof name === "string" && actions.has(name) ? name : undefined
      if (Effect.isEffect(value)) return wrapped(options, value as AnyEffect, action)
      if (typeof value !== "function") return value
      return (...args: ReadonlyArray<unknown>) => {
        const result: unknown = Reflect.apply(value, target, args)
        return Effect.isEffect(result) ? wrapped(options, result as AnyEffect, action) : result
      }
    },
  })
}

export const environmentFor = <Env>(
  options: EnvironmentOptions,
  context: Context.Context<Env>,
): Context.Context<Env> => {
  const services = new Map<string, unknown>()
  for (const [key, service] of context.mapUnsafe) {
    const isObject = typeof service === "object" && service !== null
    services.set(key, isObject ? wrappedService(options, key, service) : service)
  }
  return Context.makeUnsafe(services)
}
