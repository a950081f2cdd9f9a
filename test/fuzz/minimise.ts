/** From a request that went wrong to the least that shows it. */
import type fc from "fast-check"
import { Endless } from "./exchange.ts"
import { cpuMsMax, fault } from "./oracle.ts"
import { drawn, type Place } from "./random.ts"
import type { Draft, FuzzRequest } from "./request.ts"
import { type FuzzWorld, openWorld } from "./world.ts"

const shrinksMax = 400
const replaysMax = 60

/** What goes wrong with a request; undefined when nothing does. */
export const tryRequest = async (
  world: FuzzWorld,
  request: FuzzRequest,
): Promise<{
  readonly wrong: string | undefined
  readonly status: number
  readonly cpuMs: number
  readonly text: string
}> => {
  try {
    const { answer, writes } = await world.send(request)
    const { status, cpuMs } = answer
    const slow = cpuMs > cpuMsMax ? `it took ${Math.round(cpuMs)} ms of CPU` : undefined
    const [said] = world.takeFaults()
    const logged = said === undefined ? undefined : `the server says of itself: ${said}`
    return {
      wrong: logged ?? fault(request, answer, writes) ?? slow,
      status,
      cpuMs,
      text: status < 400 ? "" : answer.body.toString("utf8"),
    }
  } catch (error) {
    if (error instanceof Endless) return { wrong: error.message, status: 0, cpuMs: 0, text: "" }
    const stack = error instanceof Error ? error.stack : String(error)
    return { wrong: `thrown: ${stack}`, status: 0, cpuMs: 0, text: "" }
  }
}

/** Alone in a world of its own: the smallest draft that still goes wrong. */
const shrunk = async (
  arbitrary: fc.Arbitrary<Draft>,
  place: Place,
  world: FuzzWorld,
): Promise<FuzzRequest | undefined> => {
  const goesWrong = async (draft: Draft): Promise<FuzzRequest | undefined> => {
    await world.restore()
    const request = draft(world.memory)
    return (await tryRequest(world, request)).wrong === undefined ? undefined : request
  }
  let value = drawn(arbitrary, place)
  let least = await goesWrong(value.value)
  if (least === undefined) return undefined
  let tries = 0
  for (let found = true; found && tries < shrinksMax; ) {
    found = false
    for (const smaller of arbitrary.shrink(value.value_, value.context)) {
      if (++tries > shrinksMax) break
      const request = await goesWrong(smaller.value)
      if (request === undefined) continue
      least = request
      value = smaller
      found = true
      break
    }
  }
  return least
}

const replayed = async (world: FuzzWorld, requests: ReadonlyArray<FuzzRequest>): Promise<boolean> => {
  await world.restore()
  let wrong: string | undefined
  for (const request of requests) wrong = (await tryRequest(world, request)).wrong
  return wrong !== undefined
}

/** Leaves out halves, quarters and so on of what came before, as long as the last one still goes wrong. */
const thinned = async (
  world: FuzzWorld,
  requests: ReadonlyArray<FuzzRequest>,
): Promise<ReadonlyArray<FuzzRequest>> => {
  let kept = requests
  let replays = 0
  for (
    let piece = Math.ceil(kept.length / 2);
    piece >= 1 && replays < replaysMax;
    piece = Math.floor(piece / 2)
  ) {
    for (let from = 0; from < kept.length - 1 && replays < replaysMax; ) {
      const to = Math.min(from + piece, kept.length - 1)
      const fewer = [...kept.slice(0, from), ...kept.slice(to)]
      replays++
      if (await replayed(world, fewer)) kept = fewer
      else from = to
    }
  }
  return kept
}

/** The requests to send, in order, to a world as it is opened; the last goes wrong. Empty when it cannot be shown again. */
export const minimised = async (
  arbitrary: fc.Arbitrary<Draft>,
  place: Place,
  round: ReadonlyArray<FuzzRequest>,
): Promise<ReadonlyArray<FuzzRequest>> => {
  const world = await openWorld()
  try {
    const alone = await shrunk(arbitrary, place, world)
    if (alone !== undefined) return [alone]
    return (await replayed(world, round)) ? await thinned(world, round) : []
  } finally {
    await world.close()
  }
}
