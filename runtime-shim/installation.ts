/**
 * Where one installation keeps its things: what lasts under its data dir, what a reboot may take under `/run`.
 *
 * The run dir's name is a hash of the data dir, since a unix socket's path is limited to 107 bytes and a data dir's is not.
 */
import { createHash } from "node:crypto"
import { mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import type { SandboxId } from "./sandbox-runtime.ts"

export interface Installation {
  /** 12 hex digits: the mark that all of ours carries. */
  readonly id: string
  readonly dataDir: string
  readonly runDir: string
}

/** The label on containers and snapshots that says whose they are. */
export const OWNER_LABEL = "miren.dev/owner"

export const openInstallation = (dataDir: string, runRoot = "/run/miren"): Installation => {
  mkdirSync(dataDir, { recursive: true })
  const real = realpathSync(dataDir)
  const id = createHash("sha256").update(real).digest("hex").slice(0, 12)
  return { id, dataDir: real, runDir: join(runRoot, id) }
}

export const pathsOf = ({ dataDir, runDir }: Installation) => ({
  containerd: {
    root: join(dataDir, "containerd"),
    config: join(dataDir, "containerd.toml"),
    log: join(dataDir, "containerd.log"),
    state: join(runDir, "containerd"),
    address: join(runDir, "containerd.sock"),
    pid: join(runDir, "containerd.pid"),
  },
  sandboxes: join(dataDir, "sandboxes"),
  sandbox: (id: SandboxId) => join(dataDir, "sandboxes", id),
  leases: join(dataDir, "cni"),
  handlers: join(dataDir, "handlers"),
  netns: join(runDir, "netns"),
  fifos: join(runDir, "fifos"),
})
