/** From examples/01-hello to an answering sandbox, and through the deaths of everything that runs it. */
import { readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventually } from "../kit/command.ts"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

const example = readFileSync(
  join(import.meta.dirname, "..", "..", "examples", "01-hello", "hello.yaml"),
  "utf8",
)

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      )
    })
  })

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("examples/01-hello in the %s world", (kind) => {
    /** What a fake runtime cannot show. */
    const realOnly = (name: string, body: () => Promise<void>): void => {
      if (kind === "real") it(name, body)
    }
    let system: System
    let port: number
    beforeAll(async () => {
      system = await startSystem({ kind })
      port = kind === "real" ? 8080 : await freePort()
    })
    afterAll(async () => {
      await system?.destroy()
    })

    const ok = async (args: ReadonlyArray<string>, input?: string): Promise<string> => {
      const result = await system.mctl(args, input === undefined ? {} : { input })
      expect(`${result.code}: ${result.stderr}`).toBe("0: ")
      return result.stdout
    }
    const status = async (path: string): Promise<string> =>
      ok(["get", "sandbox", "hello", "-o", `jsonpath={.status${path}}`])

    it("is applied, becomes Ready, and answers HTTP on its host port", async () => {
      await ok(["apply", "-f", "-"], example.replace("hostPort: 8080", `hostPort: ${port}`))
      await ok(["wait", "sandbox/hello", "--for=condition=Ready", "--timeout=60s"])
      const answer = await eventually(() => system.fetch(`http://127.0.0.1:${port}/`))
      expect(answer.status).toBe(200)
      if (kind === "real") expect(answer.body).toContain("Hello from a sandbox")
    })

    it("shows Ready with address and node in the wide table", async () => {
      const table = await ok(["get", "sandboxes", "-o", "wide"])
      expect(table).toMatch(/NAME +READY/)
      expect(table).toMatch(/hello +True/)
      expect(table).toContain(await status(".sandboxIP"))
      expect(table).toContain(await ok(["get", "sandbox", "hello", "-o", "jsonpath={.spec.nodeName}"]))
    })

    it("shows its documents to whoever reads the store", async () => {
      if (kind === "real") {
        const endpoint = readFileSync(join(system.dataDir, "etcd.endpoint"), "utf8").trim()
        const dump = await system.command(
          ["timeout", "-k", "1", "20", "etcdctl", "--endpoints", endpoint, "get", "--prefix", "/registry/"],
          {
            env: { ETCDCTL_API: "3" },
          },
        )
        expect(dump.stderr).toBe("")
        expect(dump.stdout).toContain("/registry/compute.miren.dev/sandboxes/default/hello\n{")
      } else {
        expect(readdirSync(join(system.dataDir, "store")).length).toBeGreaterThan(0)
      }
    })

    realOnly("is a gVisor sandbox: its kernel log says so", async () => {
      expect(await ok(["exec", "hello", "--", "/bin/dmesg"])).toContain("Starting gVisor")
      const failed = await system.mctl(["exec", "hello", "--", "/bin/sh", "-c", "exit 7"])
      expect(failed.code).toBe(7)
      expect(await ok(["exec", "-i", "hello", "--", "/bin/cat"], "through stdin")).toBe("through stdin")
    })

    realOnly("keeps its logs, and follows them", async () => {
      await system.fetch("http://127.0.0.1:8080/nothing-here")
      await eventually(async () => expect(await ok(["logs", "hello"])).toContain("response:404"))
    })

    realOnly("survives kill -9 of the server and of containerd, and is adopted", async () => {
      const before = await status("")
      const uname = async () =>
        (await system.mctl(["exec", "hello", "--", "/bin/cat", "/proc/uptime"])).stdout
      const uptime = Number.parseFloat(await uname())
      await system.kill9()
      expect((await system.fetch("http://127.0.0.1:8080/")).status).toBe(200)
      await system.start()
      await eventually(async () =>
        expect(JSON.parse(await status("")).conditions).toEqual(JSON.parse(before).conditions),
      )
      const containerd = await system.command(["pgrep", "-f", `containerd --config ${system.dataDir}`])
      const pid = Number(containerd.stdout.trim().split("\n")[0])
      expect(pid).toBeGreaterThan(1)
      process.kill(pid, "SIGKILL")
      expect((await system.fetch("http://127.0.0.1:8080/")).status).toBe(200)
      await eventually(async () => expect(Number.parseFloat(await uname())).toBeGreaterThan(uptime))
      expect(await status(".containerStatuses[0].restartCount")).toBe("0")
      expect(await ok(["logs", "hello"])).toContain("response:404")
    })

    realOnly("reports the exit code of a sandbox that ended while the server was dead", async () => {
      const once = example
        .replace("name: hello\n", "name: once\n")
        .replace(
          / {6}ports:[\s\S]*?resources:/,
          '      command: ["/bin/sh", "-c", "echo working; sleep 4; echo done; exit 3"]\n      resources:',
        )
        .replace("spec:\n", "spec:\n  restartPolicy: Never\n")
      await ok(["apply", "-f", "-"], once)
      await eventually(async () => expect(await ok(["logs", "once"])).toContain("working"))
      await system.kill9()
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      await system.start()
      await eventually(async () =>
        expect(
          await ok([
            "get",
            "sandbox",
            "once",
            "-o",
            "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}",
          ]),
        ).toBe("3"),
      )
      expect(await ok(["logs", "once"])).toBe("working\ndone\n")
    })

    it("is deleted, and nothing of it is left", async () => {
      await ok(["delete", "sandbox", "--all", "--timeout=60s"])
      expect((await system.mctl(["get", "sandboxes", "--no-headers"])).stdout).toBe("")
      await expect(system.fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    })

    it("stops cleanly on SIGTERM, with exit code 0", async () => {
      expect(await system.stop()).toBe(0)
    })
  })
})
