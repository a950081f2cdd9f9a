/** Sandboxes as Pods, to an unmodified kubectl: over WebSockets as it speaks by itself, and over SPDY as older ones do. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { helloReference } from "../../dev/hello-image.ts"
import { eventually } from "../kit/command.ts"
import { kubectlPath } from "../kit/kubectl.ts"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

/** Under these kubectl speaks SPDY/3.1, as every one before 1.30 does. */
const spdy = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }
const protocols: ReadonlyArray<readonly [name: string, env: { readonly [name: string]: string }]> = [
  ["a WebSocket", {}],
  ["SPDY", spdy],
]

const pod = (name: string, script: string, more = ""): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
${more}
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: ${helloReference}
      imagePullPolicy: IfNotPresent
      command: [/bin/sh, -c, ${JSON.stringify(script)}]
`

/** Says something every second for a minute, in the words of a shell and of the fake runtime alike. */
const ticking = Array.from({ length: 60 }, (_, second) => `sleep 1; echo tick ${second}`).join("; ")

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("pods in the %s world", (kind) => {
    let system: System
    let port = 0
    beforeAll(async () => {
      system = await startSystem({ kind })
    })
    afterAll(async () => {
      await system?.destroy()
    })

    const kubectl = (args: ReadonlyArray<string>, more: { input?: string | Uint8Array; env?: object } = {}) =>
      system.kubectl(args, { ...more, env: { ...more.env } })
    const ok = async (args: ReadonlyArray<string>, input?: string): Promise<string> => {
      const result = await system.kubectl(args, input === undefined ? {} : { input })
      expect(`${result.stderr}${result.code === 0 ? "" : `exit ${result.code}`}`).toBe("")
      return result.stdout
    }

    it("kubectl run makes a Sandbox, and the Pod is that Sandbox", async () => {
      expect(await ok(["run", "web", `--image=${helloReference}`, "--port=8080", "--labels=app=web"])).toBe(
        "pod/web created\n",
      )
      await ok(["wait", "--for=condition=Ready", "pod/web", "--timeout=60s"])
      const metadata = "jsonpath={.metadata.uid} {.metadata.resourceVersion}"
      expect(await ok(["get", "pod", "web", "-o", metadata])).toBe(
        await ok(["get", "sandbox", "web", "-o", metadata]),
      )
      expect(await ok(["get", "pods"])).toMatch(
        /^NAME +READY +STATUS +RESTARTS +AGE\nweb +1\/1 +Running +0 +\d+s\n$/,
      )
      const address = await ok(["get", "sandbox", "web", "-o", "jsonpath={.status.sandboxIP}"])
      expect(await ok(["get", "pods", "-o", "wide", "-l", "app=web"])).toContain(address)
    })

    it("selects by phase and node, and watches", async () => {
      const node = await ok(["get", "pod", "web", "-o", "jsonpath={.spec.nodeName}"])
      const selector = `spec.nodeName=${node},status.phase=Running`
      expect(await ok(["get", "pods", "--field-selector", selector, "-o", "name"])).toBe("pod/web\n")
      expect(await ok(["get", "pods", "--field-selector", "status.phase=Failed", "-o", "name"])).toBe("")
      const watch = system.spawn([kubectlPath(), "get", "pods", "-w", "--no-headers"])
      let seen = ""
      watch.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk.toString("utf8")
      })
      try {
        await eventually(() => expect(seen).toMatch(/web +1\/1/))
        await ok(["apply", "-f", "-"], pod("brief", "echo done", "  restartPolicy: Never"))
        await eventually(
          () => expect(seen).toMatch(/brief +0\/1 +Pending[\s\S]*brief +0\/1 +Completed/),
          30_000,
        )
      } finally {
        watch.kill("SIGKILL")
      }
      expect(await ok(["get", "pod", "brief", "-o", "jsonpath={.status.phase}"])).toBe("Succeeded")
    })

    it("describes a Pod with what happened to it", async () => {
      const text = await ok(["describe", "pod", "web"])
      expect(text).toMatch(/Status: +Running/)
      expect(text).toMatch(/Node: +\S+\/127\.0\.0\.1/)
      expect(text).toContain("the container was started")
    })

    it("applies, labels and annotates; finds nothing to change in what it applied", async () => {
      const manifest = pod("applied", "sleep 600", "  tolerations: [{key: a, operator: Exists}]")
      expect(await ok(["apply", "-f", "-"], manifest)).toBe("pod/applied created\n")
      expect(await ok(["apply", "-f", "-"], manifest)).toBe("pod/applied unchanged\n")
      await ok(["label", "pod", "applied", "tier=gold"])
      await ok(["annotate", "pod", "applied", "note=kept"])
      expect(await ok(["get", "sandbox", "-l", "tier=gold", "-o", "name"])).toBe(
        "sandbox.compute.miren.dev/applied\n",
      )
      expect(await ok(["get", "pod", "applied", "-o", "jsonpath={.spec.tolerations[0].key}"])).toBe("a")
      expect(await ok(["apply", "-f", "-"], manifest)).toBe("pod/applied unchanged\n")
      const changed = await kubectl(["apply", "-f", "-"], { input: manifest.replace("600", "601") })
      expect(changed.stderr).toContain("pod updates may not change fields other than")
    })

    it("refuses by name what a Sandbox could not keep", async () => {
      const more = "  hostNetwork: true\n  volumes: [{name: v, emptyDir: {}}]"
      const refused = await kubectl(["create", "-f", "-"], { input: pod("refused", "true", more) })
      expect(refused.stderr).toContain('The Pod "refused" is invalid')
      expect(refused.stderr).toContain("spec.hostNetwork: Forbidden")
      expect(refused.stderr).toContain("spec.volumes: Forbidden")
      expect((await kubectl(["get", "pod", "refused"])).stderr).toContain('pods "refused" not found')
    })

    it("shows logs, by lines, and as they come", async () => {
      await ok(["apply", "-f", "-"], pod("talker", `echo one; echo two; ${ticking}`))
      await ok(["wait", "--for=condition=Ready", "pod/talker", "--timeout=60s"])
      await eventually(async () => expect(await ok(["logs", "talker"])).toMatch(/^one\ntwo\n/))
      expect((await ok(["logs", "talker", "--tail=1"])).trim().split("\n")).toHaveLength(1)
      expect(await ok(["logs", "talker", "--limit-bytes=3"])).toBe("one")
      const following = await kubectl(["logs", "-f", "talker", "--since=1s", "--request-timeout=5s"])
      expect(following.stdout).toMatch(/tick/)
    })

    describe.each(protocols)("over %s", (name, env) => {
      it("runs programs: their output, exit code and input", async () => {
        const hello = await kubectl(["exec", "talker", "--", "/bin/echo", "hello"], { env })
        expect(hello).toEqual({ code: 0, stdout: "hello\n", stderr: "" })
        const failed = await kubectl(["exec", "talker", "--", "/bin/sh", "-c", "exit 3"], { env })
        expect(failed.code).toBe(3)
        const input = Buffer.alloc(700_000, "0123456789\n")
        const copied = await kubectl(["exec", "-i", "talker", "--", "/bin/cat"], { env, input })
        expect(copied.code).toBe(0)
        expect(Buffer.from(copied.stdout).equals(input)).toBe(true)
        const missing = await kubectl(["exec", "nobody", "--", "/bin/true"], { env })
        expect(missing.stderr).toContain('pods "nobody" not found')
      })

      it("attaches to what is written from then on", async () => {
        const attached = system.spawn(["env", ...entries(env), kubectlPath(), "attach", "talker"])
        let seen = ""
        attached.stdout?.on("data", (chunk: Buffer) => {
          seen += chunk.toString("utf8")
        })
        try {
          await eventually(() => expect(seen).toMatch(/tick \d+\n/))
        } finally {
          attached.kill("SIGKILL")
        }
        expect(seen).not.toContain("one\n")
      })

      const interactive = (pod: string, more: ReadonlyArray<string>) => [
        ...["run", pod, `--image=${helloReference}`, "--restart=Never", "--pod-running-timeout=60s", ...more],
        ...["--command", "--", "/bin/sh", "-c"],
      ]

      it("runs a Pod interactively: its input, its output, its exit code", async () => {
        const input = "typed\n".repeat(2_000)
        const args = [...interactive("asked", ["-i", "--rm", "--quiet"]), "cat; echo closed; exit 3"]
        const ran = await kubectl(args, { env, input })
        expect(ran.stdout).toBe(`${input}closed\n`)
        expect(ran.code).toBe(3)
        await eventually(async () =>
          expect((await kubectl(["get", "pod", "asked"])).stderr).toContain("NotFound"),
        )
      })

      it("leaves standard input open where it is to be, and comes back to it", async () => {
        const args = [...interactive("kept", ["-i", "--leave-stdin-open"]), "cat; echo closed; sleep 600"]
        expect((await kubectl(args, { env, input: "first\n" })).code).toBe(0)
        expect((await kubectl(["attach", "-i", "kept"], { env, input: "second\n" })).code).toBe(0)
        const ours = await system.mctl(["attach", "-i", "kept"], { input: "third\n" })
        expect([ours.code, ours.stderr]).toEqual([0, ""])
        await eventually(async () => expect(await ok(["logs", "kept"])).toBe("first\nsecond\nthird\n"))
        const refused = await kubectl(["attach", "-i", "web"], { env, input: "" })
        expect(refused.stderr).toMatch(/stdin: true/)
        await ok(["delete", "pod", "kept", "--now"])
      })

      if (kind === "real")
        it("puts a terminal at the other end, of the size of this one", async () => {
          const words = [...interactive("term", ["-it", "--rm"]).slice(0, -1)]
          const shell = ["env", ...entries(env), kubectlPath(), ...words].map((word) => `'${word}'`).join(" ")
          const program = `stty rows 31 cols 97; ${shell}`
          const typed = "sleep 4; echo; echo 'stty size; exit 5'"
          const ran = await system.command([
            ...["/bin/sh", "-c", `(${typed}; sleep 20) | timeout 60 script -qefc "${program}" /dev/null`],
          ])
          expect(ran.stdout).toMatch(/\r\n31 97\r\n/)
          expect(ran.code).toBe(5)
        })

      it("refuses a container that the Pod does not have", async () => {
        for (const verb of [
          ["logs", "web", "-c", "other"],
          ["exec", "web", "-c", "other", "--", "/bin/true"],
        ])
          expect((await kubectl(verb, { env })).stderr).toContain("container other is not valid for pod web")
      })

      it("forwards ports", async () => {
        const forward = system.spawn([
          ...["env", ...entries(env), kubectlPath(), "port-forward", "pod/web", ":8080"],
          ...["--address=127.0.0.1"],
        ])
        let seen = ""
        for (const stream of [forward.stdout, forward.stderr]) {
          stream?.on("data", (chunk: Buffer) => {
            seen += chunk.toString("utf8")
          })
        }
        try {
          await eventually(() => expect(seen).toMatch(/Forwarding from 127\.0\.0\.1:\d+/))
          port = Number(/127\.0\.0\.1:(\d+)/.exec(seen)?.[1])
          for (let time = 0; time < 3; time++) {
            const { status, body } = await system.fetch(`http://127.0.0.1:${port}/`)
            expect(status).toBe(200)
            expect(body).toContain("Hello from")
          }
        } finally {
          forward.kill("SIGKILL")
        }
      })

      if (kind === "real")
        it("copies files in and out", async () => {
          const folder = mkdtempSync(join(tmpdir(), "miren-cp-"))
          const content = `${name}\n`.repeat(50_000)
          try {
            writeFileSync(join(folder, "in.txt"), content)
            const link = ["exec", "web", "--", "/bin/busybox", "ln", "-sf", "busybox", "/bin/tar"]
            expect((await kubectl(link, { env })).stderr).toBe("")
            const into = await kubectl(["cp", join(folder, "in.txt"), "web:/www/copied.txt"], { env })
            expect(into.stderr).toBe("")
            const out = await kubectl(["cp", "web:/www/copied.txt", join(folder, "out.txt")], { env })
            expect(out.code).toBe(0)
            expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe(content)
          } finally {
            rmSync(folder, { recursive: true, force: true })
          }
        })
    })

    it("serves @kubernetes/client-node: logs, exec and port-forward", async () => {
      const program = join(import.meta.dirname, "pod-program.ts")
      const done = await system.command([process.execPath, program, "default", "web", "8080"])
      expect(done.stderr).toBe("")
      expect(JSON.parse(done.stdout)).toMatchObject({
        phase: "Running",
        ran: { output: "hello\n", status: { status: "Success" } },
        failed: { reason: "NonZeroExitCode" },
        isServed: true,
      })
    })

    it("tells what pods and nodes use", async () => {
      await eventually(async () =>
        expect(await ok(["top", "pod", "web", "--containers"])).toMatch(/web +web +\d+m +\d+Mi/),
      )
      expect(await ok(["top", "node"])).toMatch(/\d+m +\d+% +\d+Mi +\d+%/)
    })

    it("deletes, at once where no grace is given", async () => {
      expect(await ok(["delete", "pod", "talker", "--grace-period=1"])).toBe('pod "talker" deleted\n')
      await ok(["delete", "pods", "--all", "--now"])
      expect(await ok(["get", "sandboxes", "-o", "name"])).toBe("")
    })
  })
})

const entries = (env: { readonly [name: string]: string }): ReadonlyArray<string> =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)
