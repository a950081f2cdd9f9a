/** Three etcds that are one cluster, on unix sockets in one directory, each killed and started as the test likes. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface EtcdCluster {
  readonly endpoints: ReadonlyArray<string>
  /** Ends a member at once. */
  kill(member: number): Promise<void>
  /** Starts a member that was killed. */
  restart(member: number): void
  remove(): Promise<void>
}

const members = [0, 1, 2] as const
const peerUrl = (member: number) => `unix://peer${member}:1`
const clientUrl = (member: number) => `unix://client${member}:1`

/** Starts the members; the cluster answers once two of them have met. */
export const startEtcdCluster = (): EtcdCluster => {
  const directory = mkdtempSync(join(tmpdir(), "miren-cluster-"))
  const children = new Map<number, ChildProcess>()
  const start = (member: number) => {
    for (const url of [peerUrl(member), clientUrl(member)])
      rmSync(join(directory, url.replace("unix://", "")), { force: true })
    const log = openSync(join(directory, `${member}.log`), "a")
    const flags = [
      ...["--name", `m${member}`, "--data-dir", `data${member}`, "--logger", "zap"],
      ...["--listen-client-urls", clientUrl(member), "--advertise-client-urls", clientUrl(member)],
      ...["--listen-peer-urls", peerUrl(member), "--initial-advertise-peer-urls", peerUrl(member)],
      ...["--initial-cluster", members.map((peer) => `m${peer}=${peerUrl(peer)}`).join(",")],
      ...["--enable-grpc-gateway=false"],
    ]
    children.set(member, spawn("etcd", flags, { cwd: directory, stdio: ["ignore", log, log] }))
    closeSync(log)
  }
  const kill = async (member: number) => {
    const child = children.get(member)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    await exited
  }
  for (const member of members) start(member)
  return {
    endpoints: members.map((member) => `unix://${join(directory, `client${member}:1`)}`),
    kill,
    restart: start,
    remove: async () => {
      await Promise.all(members.map(kill))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
