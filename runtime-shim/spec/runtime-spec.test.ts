import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { expectGolden } from "../../test/golden/expect-golden.ts"
import { execProcess, type RuntimeSpecInput, runtimeSpec } from "./runtime-spec.ts"

const input = (more: Partial<RuntimeSpecInput> = {}): RuntimeSpecInput => ({
  handler: "gvisor",
  cgroup: "v1",
  hostname: "web-1",
  container: { name: "main", image: "web:1", env: [], resources: {} },
  args: ["/bin/web", "--port", "80"],
  env: ["PATH=/bin", "HOSTNAME=web-1"],
  user: { uid: 0, gid: 0 },
  cwd: "/srv",
  netns: "/run/miren/i/netns/1",
  cgroupsPath: "/miren/i/1",
  openFilesMax: 1024,
  files: { hosts: "/d/hosts", resolvConf: "/d/resolv.conf", hostname: "/d/hostname" },
  ...more,
})

const container = (resources: RuntimeSpecInput["container"]["resources"]) => ({
  container: { ...input().container, resources },
})

const golden = (name: string, of: RuntimeSpecInput) =>
  expectGolden(
    join(import.meta.dirname, "golden", `${name}.json`),
    `${JSON.stringify(runtimeSpec(of), null, 2)}\n`,
  )

describe("the OCI runtime spec of a container", () => {
  it("is as written down for gVisor, with every limit", () => {
    golden("gvisor", input(container({ cpuMillis: 250, memoryBytes: 64 << 20, pids: 40 })))
  })
  it("is as written down for runc on cgroup v2, as a user, read only, on a terminal", () => {
    const more = { tty: true, readOnlyRoot: true, resources: { memoryBytes: 1 << 20, pids: 40 } }
    golden(
      "runc",
      input({
        handler: "runc",
        cgroup: "v2",
        user: { uid: 1000, gid: 1001 },
        container: { ...input().container, ...more },
      }),
    )
  })
  it("is killed first for want of memory where memory is limited, and only there", () => {
    expect(runtimeSpec(input(container({ memoryBytes: 1 }))).process).toMatchObject({ oomScoreAdj: 1000 })
    expect(runtimeSpec(input()).process).not.toHaveProperty("oomScoreAdj")
  })
  it("leaves gVisor's own threads room under a pids limit, and takes runc's as it is", () => {
    const pids = (handler: "gvisor" | "runc", limit: number) =>
      runtimeSpec(input({ handler, ...container({ pids: limit }) })).linux.resources
    expect(pids("gvisor", 20)).toMatchObject({ pids: { limit: 150 } })
    expect(pids("gvisor", 500)).toMatchObject({ pids: { limit: 500 } })
    expect(pids("runc", 20)).toMatchObject({ pids: { limit: 20 } })
  })
  it("gives a user that is not root no capability to use", () => {
    const { capabilities } = runtimeSpec(input({ user: { uid: 1, gid: 1 } })).process
    expect(Object.keys(capabilities)).toEqual(["bounding"])
    expect(capabilities.bounding).not.toContain("CAP_NET_RAW")
    expect(capabilities.bounding).not.toContain("CAP_SYS_ADMIN")
  })
  it("never lets a process gain privileges", () => {
    expect(runtimeSpec(input()).process.noNewPrivileges).toBe(true)
  })
})

describe("the process of an exec", () => {
  const base = runtimeSpec(input()).process
  it("has the container's user, directory and environment, and what it adds", () => {
    const process = execProcess(base, {
      command: ["ls"],
      tty: false,
      stdin: false,
      env: [
        { name: "PATH", value: "/own" },
        { name: "A", value: "b=c" },
      ],
    })
    expect(process).toMatchObject({ user: base.user, cwd: "/srv", args: ["ls"], terminal: false })
    expect(process.env).toEqual(["PATH=/own", "HOSTNAME=web-1", "A=b=c"])
  })
  it("has a TERM on a terminal", () => {
    const { env, terminal } = execProcess(base, { command: ["sh"], tty: true, stdin: true })
    expect([terminal, env.includes("TERM=xterm")]).toEqual([true, true])
  })
})
