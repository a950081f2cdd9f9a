/** The data dir: made, checked and held by one server at a time through `server.pid`. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { Effect, type Scope } from "effect"
import { StartError } from "./start-error.ts"

/** Where things are in a data dir; this is its documentation. */
export const layout = (dataDir: string) => ({
  pidFile: join(dataDir, "server.pid"),
  adminKubeconfig: join(dataDir, "admin.kubeconfig"),
  pki: join(dataDir, "pki"),
  /** Where the managed etcd listens. */
  etcdEndpoint: join(dataDir, "etcd.endpoint"),
  embedded: join(dataDir, "store"),
  runtime: join(dataDir, "runtime"),
  /** Tars that the runner imports at start and when they change. */
  images: join(dataDir, "images"),
  secretKeys: join(dataDir, "pki", "secrets.keys"),
  /** Private keys of ServiceAccount tokens, newest first. */
  serviceAccountKeys: join(dataDir, "pki", "service-accounts.key"),
})

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"

/** Makes what is missing of a path, one by one: node's own recursion never ends where a parent refuses (/proc). */
const makeMissing = (path: string): void => {
  const missing: Array<string> = []
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at)
  for (const directory of missing) mkdirSync(directory, { mode: 0o700 })
}

/** Makes the directory (0700) and checks that it can be written. */
export const ensureDataDir = (dataDir: string): Effect.Effect<void, StartError> =>
  Effect.try({
    try: () => {
      makeMissing(dataDir)
      accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    },
    catch: (cause) =>
      new StartError({
        reason: "DataDir",
        message: `the data dir ${dataDir} cannot be written (${codeOf(cause)}): give another with --data-dir, or change its owner`,
        cause,
      }),
  })

/** Whether this pid is a Miren server; a pid that was reused by something else is not. */
const isServer = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("daemon/main.")
  } catch {
    return process.platform !== "linux"
  }
}

/** The pid of the server that holds this data dir, where one does. */
export const runningServer = (dataDir: string): number | undefined => {
  let text: string
  try {
    text = readFileSync(layout(dataDir).pidFile, "utf8")
  } catch {
    return undefined
  }
  const pid = Number(text.trim())
  return Number.isInteger(pid) && pid > 1 && pid !== process.pid && isServer(pid) ? pid : undefined
}

/** Holds the data dir for the length of the Scope. */
export const holdDataDir = (dataDir: string): Effect.Effect<void, StartError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const other = runningServer(dataDir)
      if (other !== undefined) {
        return Effect.fail(
          new StartError({
            reason: "AlreadyRunning",
            message: `a server (pid ${other}) already runs on ${dataDir}: stop it with \`mctl server stop --data-dir ${dataDir}\`, or give another --data-dir`,
          }),
        )
      }
      writeFileSync(layout(dataDir).pidFile, `${process.pid}\n`, { mode: 0o600 })
      return Effect.void
    }),
    () => Effect.sync(() => rmSync(layout(dataDir).pidFile, { force: true })),
  )
