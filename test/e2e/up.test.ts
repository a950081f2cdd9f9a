/** `make up` and `make down` as a user types them: a URL that answers, and afterwards nothing left. */
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { must, run } from "../kit/command.ts"
import { endToEnd, worlds } from "../kit/system.ts"

const root = resolve(import.meta.dirname, "..", "..")

/** Everything of this namespace that a system could leave behind, a line each, sorted. */
const traces = async (data: string): Promise<ReadonlyArray<string>> => {
  const lines = async (label: string, argv: ReadonlyArray<string>): Promise<ReadonlyArray<string>> =>
    (await must(argv)).split("\n").flatMap((line) => (line.trim() === "" ? [] : [`${label}: ${line.trim()}`]))
  const rules = `${await must(["iptables-save"])}${await must(["ip6tables-save"])}`
    .split("\n")
    .filter((line) => /^(-A|:[A-Z]+-)/.test(line))
  // Control groups have no namespace here: only those that name our installation are ours.
  const mark = createHash("sha256")
    .update(join(realpathSync(data), "runtime"))
    .digest("hex")
    .slice(0, 12)
  const cgroups = await run(["find", "/sys/fs/cgroup", "-type", "d", "-name", `*${mark}*`])
  return [
    ...(await lines("process", ["ps", "-eo", "args", "--no-headers"])).filter(
      (line) => /etcd|containerd|runsc|runc|daemon\/main/.test(line) && !/vitest/.test(line),
    ),
    ...(await lines("link", ["ip", "-o", "link", "show"])).map((line) =>
      line.replace(/^link: \d+: /, "link: "),
    ),
    ...(await lines("netns", ["ip", "netns", "list"])),
    ...(await lines("mount", ["cat", "/proc/self/mounts"])),
    ...rules.map((rule) => `rule: ${rule}`),
    ...cgroups.stdout.split("\n").flatMap((line) => (line === "" ? [] : [`cgroup: ${line}`])),
    ...(existsSync("/run/miren") ? await lines("run", ["find", "/run/miren", "-mindepth", "1"]) : []),
  ].sort()
}

endToEnd(import.meta.filename, () => {
  const real = worlds.includes("real")
  let data: string
  let before: ReadonlyArray<string>
  const make = (target: string) =>
    run(["make", "-s", "-C", root, target], {
      timeoutMs: 240_000,
      env: { MIREN_DATA: data, MIREN_LISTEN: "127.0.0.1:0", PATH: `${process.env.PATH}` },
    })

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), "miren-up-"))
    before = real ? await traces(data) : []
  })
  afterAll(async () => {
    await make("down")
    rmSync(data, { recursive: true, force: true })
  })

  it("prints a URL that answers, the versions, and what to type next", async () => {
    const up = await make("up")
    expect(`${up.code}\n${up.stderr}`).toMatch(/^0\n/)
    const url = /^(http:\/\/127\.0\.0\.1:\d+\/) {2}answers/m.exec(up.stdout)?.[1]
    expect(up.stdout).toMatch(/bin\/mctl get sandboxes -o wide/)
    expect(up.stdout).toMatch(/^server v1\.33/m)
    expect(up.stdout).toMatch(
      real ? /^etcd 3[\s\S]*^gvisor \S+, platform \S+, network (netstack|host)/m : /^embedded store/m,
    )
    const answer = await fetch(url ?? "")
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain(real ? "Hello from a sandbox" : "fake runtime")
    if (!real) expect(up.stdout).toContain("fake runtime")
  })

  it("does nothing new when it is typed again", async () => {
    const pid = readFileSync(join(data, "server.pid"), "utf8")
    const again = await make("up")
    expect(`${again.code}\n${again.stderr}`).toMatch(/^0\n/)
    expect(readFileSync(join(data, "server.pid"), "utf8")).toBe(pid)
    expect(again.stdout).toContain("already running")
  })

  it("leaves nothing running after make down, and goes on from its data after another make up", async () => {
    expect((await make("down")).code).toBe(0)
    if (real) expect(await traces(data)).toEqual(before)
    const up = await make("up")
    expect(`${up.code}\n${up.stderr}`).toMatch(/^0\n/)
    const url = /^(http:\/\/127\.0\.0\.1:\d+\/) {2}answers/m.exec(up.stdout)?.[1]
    expect((await fetch(url ?? "")).status).toBe(200)
    const down = await make("down")
    expect(`${down.code}\n${down.stderr}`).toBe("0\n")
    if (real) expect(await traces(data)).toEqual(before)
  })
})
