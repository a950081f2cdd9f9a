/** What is free is looked up in a cache that does not show yet what was given away a moment ago. */
import { Effect } from "effect"
import { Client, isReason } from "../../../client/index.ts"
import { Controller, Informers, Manager, mutate, type Request, Result } from "../../../reconciler/index.ts"
import { ConfigMap } from "../../../schemas/index.ts"
import type { Invariant, Program } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { namespace, Volume, volumeDefinition, volumeUsers } from "../volume.ts"

const firstFree = (taken: ReadonlySet<number>): number => {
  let port = 7000
  while (taken.has(port)) port += 1
  return port
}

type GivePort = (volume: Volume, all: ReadonlyArray<Volume>) => Effect.Effect<number, unknown, Client>

const byCache: GivePort = (_volume, all) =>
  Effect.succeed(firstFree(new Set(all.flatMap(({ status }) => status?.port ?? []))))

const book = { namespace, name: "ports" }

/** In a book that only one can write at a time: whoever read an older page is refused. */
const byBook: GivePort = ({ metadata }) =>
  Effect.gen(function* () {
    const client = yield* Client
    const uid = metadata.uid ?? ""
    const empty: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { ...book } }
    yield* client
      .create(ConfigMap, empty)
      .pipe(Effect.catchIf(isReason("AlreadyExists"), () => Effect.succeed(empty)))
    const { data } = yield* mutate({
      kind: ConfigMap,
      key: book,
      change: (found) => {
        if (found.data?.[uid] !== undefined) return found
        const port = firstFree(new Set(Object.values(found.data ?? {}).map(Number)))
        return { ...found, data: { ...found.data, [uid]: String(port) } }
      },
    })
    return Number(data?.[uid])
  })

const program = (givePort: GivePort): Program => ({
  name: "ports",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Volume)
    const reconcile = (request: Request) =>
      Effect.gen(function* () {
        const volume = lister.get(request)
        if (volume === undefined || volume.status?.port !== undefined) return Result.Done()
        const port = yield* givePort(volume, lister.list())
        const client = yield* Client
        yield* client.updateStatus(Volume, { ...volume, status: { ...volume.status, port } })
        return Result.Done()
      })
    yield* Manager.start({ controllers: [Controller.make({ name: "ports", for: Volume, reconcile })] })
  }),
})

const ownPort: Invariant = {
  name: "no two Volumes have one port",
  always: ({ list }) => {
    const owners = new Map<number, string>()
    for (const { metadata, status } of list(Volume)) {
      if (status?.port === undefined) continue
      const other = owners.get(status.port)
      if (other !== undefined) return `${other} and ${metadata.name} both have port ${status.port}`
      owners.set(status.port, metadata.name)
    }
    return undefined
  },
  eventually: ({ list }) => {
    const without = list(Volume).find(({ status }) => status?.port === undefined)
    return without === undefined ? undefined : `${without.metadata.name} has no port`
  },
}

export const bug = knownBug({
  name: "acts on a stale read",
  class: "stale state",
  story:
    "Takes the first port that no Volume has, by its cache. The queue holds back the Volume that was just written, not the others: the next one is given the same port.",
  wrong: [program(byCache)],
  right: [program(byBook)],
  scenario: {
    name: "ports",
    definitions: [volumeDefinition],
    users: volumeUsers,
    invariants: [ownPort],
  },
})
