import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { afterEach, beforeEach, expect } from "vitest"
import { bytes } from "../../store/conformance/world.ts"
import { layEtcdPlace, startEtcd } from "../../store/etcd/process.ts"
import { managedEtcd, openEtcdStore, type StoreOpenError } from "../../store/index.ts"

let dataDir = ""
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "miren-managed-"))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const put = (key: string) =>
  Effect.gen(function* () {
    const etcd = yield* managedEtcd({ dataDir })
    const store = yield* openEtcdStore({ endpoints: etcd.endpoints })
    yield* Effect.promise(() => store.put({ key, value: bytes(key), expect: { absent: true } }))
    return yield* etcd.pid
  })

const failure = <A>(effect: Effect.Effect<A, StoreOpenError>): Effect.Effect<StoreOpenError> =>
  Effect.flip(effect).pipe(Effect.orDie)

it.live("a scope that closes leaves no etcd, and the next one finds the data", () =>
  Effect.gen(function* () {
    const pid = yield* Effect.scoped(put("/registry/a"))
    expect(isAlive(pid)).toBe(false)
    const found = yield* Effect.scoped(
      Effect.gen(function* () {
        const etcd = yield* managedEtcd({ dataDir })
        const store = yield* openEtcdStore({ endpoints: etcd.endpoints })
        return yield* Effect.promise(() => store.get("/registry/a"))
      }),
    )
    expect(found.kv?.key).toBe("/registry/a")
  }),
)

it.live("it listens on sockets that only we can reach, and on no port", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const etcd = yield* managedEtcd({ dataDir })
      const pid = yield* etcd.pid
      expect(listeningPorts(pid)).toEqual([])
      const socket = etcd.endpoints[0]?.replace("unix://", "") ?? ""
      expect(statSync(socket).isSocket()).toBe(true)
      expect(statSync(dirname(socket)).mode & 0o077).toBe(0)
      expect(statSync(join(dataDir, "etcd", "data")).mode & 0o077).toBe(0)
      expect(statSync(etcd.logFile).mode & 0o077).toBe(0)
    }),
  ),
)

it.live("an etcd that is killed is started again on the same data and address", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const etcd = yield* managedEtcd({ dataDir })
      const store = yield* openEtcdStore({ endpoints: etcd.endpoints })
      yield* Effect.promise(() =>
        store.put({ key: "/registry/a", value: bytes("a"), expect: { absent: true } }),
      )
      const first = yield* etcd.pid
      if (first !== undefined) process.kill(first, "SIGKILL")
      const found = yield* Effect.tryPromise(() => store.get("/registry/a")).pipe(
        Effect.retry(Schedule.spaced("50 millis")),
      )
      expect(found.kv?.key).toBe("/registry/a")
      expect(yield* etcd.pid).not.toBe(first)
    }),
  ),
)

it.live("an etcd left over from a run that was killed is stopped, not adopted", () =>
  Effect.gen(function* () {
    const leftOver = startEtcd("etcd", layEtcdPlace(join(dataDir, "etcd")))
    const pid = yield* Effect.scoped(put("/registry/a"))
    expect(pid).not.toBe(leftOver.pid)
    yield* Effect.promise(() => leftOver.exited)
    expect(isAlive(leftOver.pid)).toBe(false)
  }),
)

it.live("a pid file that names another program leads to no kill", () =>
  Effect.gen(function* () {
    const place = layEtcdPlace(join(dataDir, "etcd"))
    writeFileSync(place.pidFile, String(process.pid))
    yield* Effect.scoped(put("/registry/a"))
  }),
)

it.live("a second one on the same directory is refused while the first runs", () =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* managedEtcd({ dataDir })
      const error = yield* failure(Effect.scoped(managedEtcd({ dataDir })))
      expect(error.reason).toBe("DataDirInUse")
    }),
  ),
)

it.live("works below a path longer than a socket's address", () =>
  Effect.gen(function* () {
    const deep = join(dataDir, "d".repeat(120))
    const endpoint = yield* Effect.scoped(
      Effect.map(
        managedEtcd({ dataDir: deep }),
        ({ endpoints }) => endpoints[0]?.replace("unix://", "") ?? "",
      ),
    )
    expect(statSync(dirname(endpoint), { throwIfNoEntry: false })).toBeUndefined()
  }),
)

it.live("an etcd that is not installed is an error that names the package and the other way", () =>
  Effect.gen(function* () {
    const error = yield* failure(Effect.scoped(managedEtcd({ dataDir, binary: "etcd-that-is-not-there" })))
    expect(error.reason).toBe("EtcdNotFound")
    expect(error.message).toContain("etcd-server")
    expect(error.message).toContain("--store embedded")
  }),
)

it.live("an etcd that cannot start is an error with what it said last", () =>
  Effect.gen(function* () {
    const error = yield* failure(Effect.scoped(managedEtcd({ dataDir, binary: "false" })))
    expect(error.reason).toBe("EtcdFailed")
  }),
)

it.live("a data directory that cannot be made is refused", () =>
  Effect.gen(function* () {
    writeFileSync(join(dataDir, "file"), "")
    const error = yield* failure(Effect.scoped(managedEtcd({ dataDir: join(dataDir, "file") })))
    expect(error.reason).toBe("DataDirUnusable")
  }),
)

it.live("interrupting the start leaves no etcd", () =>
  Effect.gen(function* () {
    const starting = yield* Effect.forkChild(Effect.scoped(managedEtcd({ dataDir })))
    yield* Effect.sync(() => readFileSync(join(dataDir, "etcd", "etcd.pid"), "utf8")).pipe(
      Effect.catchDefect((defect) => Effect.fail(defect)),
      Effect.retry(Schedule.spaced("5 millis")),
      Effect.tap((pid) => Effect.as(Fiber.interrupt(starting), expect(isAlive(Number(pid))).toBe(true))),
      Effect.tap((pid) => Effect.sync(() => expect(isAlive(Number(pid))).toBe(false))),
    )
  }),
)

const isAlive = (pid: number | undefined): boolean => {
  if (pid === undefined) throw new Error("there is no process to ask for")
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The TCP ports that a process listens on, by the kernel's tables. */
const listeningPorts = (pid: number | undefined): ReadonlyArray<string> => {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [/socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? ""]
      } catch {
        return []
      }
    }),
  )
  const tables = ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1),
  )
  const listening = "0A"
  return tables.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === listening && inode !== undefined && inodes.has(inode) ? [local ?? ""] : []
  })
}
