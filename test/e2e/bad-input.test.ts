/** What bad input gets: a message with document, line and field, exit code 1, and nothing stored. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { must, run } from "../kit/command.ts"
import { bindCheckout, endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

const sandbox = (name: string, container: string): string =>
  `apiVersion: compute.miren.dev/v1alpha1\nkind: Sandbox\nmetadata:\n  name: ${name}\nspec:\n  containers:\n${container}`
const good = "    - name: web\n      image: miren.local/hello:v1\n"
const first = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: first\n---\n"

const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<string | RegExp>]> = [
  [
    "an unknown kind",
    `${first}apiVersion: compute.miren.dev/v1alpha1\nkind: Sandcastle\nmetadata: {name: x}\n`,
    ["bad.yaml:7", "document 2", "Sandcastle"],
  ],
  [
    "a wrong type",
    `${first}${sandbox("x", "    - name: web\n      image: 7\n")}`,
    ["bad.yaml:13", "document 2", "spec.containers[0].image", "string"],
  ],
  [
    "an unknown field",
    `${first}${sandbox("x", `${good}      imagee: b\n`)}`,
    ["bad.yaml:14", "document 2", "spec.containers[0].imagee"],
  ],
  [
    "a duplicate key",
    `${first}${sandbox("x", `${good}      image: b\n`)}`,
    ["bad.yaml:14", "document 2", "image"],
  ],
  ["a YAML syntax error", `${first}kind: [unclosed\nmetadata: {`, [/bad\.yaml:[78]/, "document 2"]],
  [
    "an alias bomb",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(",")}]`)
      .join("\n")}\n`,
    ["bad.yaml", "alias"],
  ],
  [
    "a 10 MB body",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {a: "${"x".repeat(10_000_000)}"}\n`,
    ["bad.yaml", "MB"],
  ],
  [
    "a name that is no DNS label",
    `${first}${sandbox("Not_A_Name", good)}`,
    ["bad.yaml:9", "document 2", "metadata.name", "Not_A_Name"],
  ],
]

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("bad manifests in the %s world", (kind) => {
    let system: System
    let folder: string
    beforeAll(async () => {
      system = await startSystem({ kind, flags: ["--roles", "api,controllers"] })
      folder = mkdtempSync("/tmp/miren-bad-")
      chmodSync(folder, 0o755)
    })
    afterAll(async () => {
      await system?.destroy()
      rmSync(folder, { recursive: true, force: true })
    })

    it.each(cases)("refuses %s", async (_name, text, wanted) => {
      const file = join(folder, "bad.yaml")
      writeFileSync(file, text)
      const result = await system.mctl(["apply", "-f", file])
      expect(result.code).toBe(1)
      for (const part of wanted) expect(result.stderr).toMatch(part)
      expect(result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/)
      const left = await system.mctl(["get", "configmaps,sandboxes", "-o", "name"])
      expect(left.stdout).toBe("")
    })
  })

  describe("a server that cannot start says what to do in one sentence", () => {
    const failing = async (args: ReadonlyArray<string>, env: { [name: string]: string } = {}) => {
      const mctl = join(import.meta.dirname, "..", "..", "bin", "mctl")
      const result = await run([mctl, "server", ...args], { env, timeoutMs: 30_000 })
      expect(result.code).toBe(1)
      expect(result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/)
      return result.stderr.trim()
    }
    let data: string
    beforeAll(() => {
      data = mkdtempSync(join(tmpdir(), "miren-start-"))
    })
    afterAll(() => rmSync(data, { recursive: true, force: true }))
    // Finds node, but neither etcd nor containerd.
    const empty = () => ({ PATH: "/nonexistent" })

    it("names the package where etcd is missing", async () => {
      expect(
        await failing(["--data-dir", data, "--listen", "127.0.0.1:0", "--runtime", "fake"], empty()),
      ).toMatch(/etcd.*etcd-server.*--store embedded/)
    })

    if (worlds.includes("real"))
      it("names the package where containerd or runsc is missing", async () => {
        const start = [
          "--data-dir",
          data,
          "--listen",
          "127.0.0.1:0",
          "--store",
          "memory",
          "--runtime",
          "gvisor",
        ]
        for (const program of ["containerd", "runsc"]) {
          // Hidden from this mount namespace alone: something that cannot be executed lies over it.
          const path = (await must(["which", program])).trim()
          await must(["mount", "--bind", "/dev/null", path])
          try {
            const message = await failing(start)
            expect(message).toMatch(new RegExp(`${program}.*(package|install)`))
            expect(message).toContain("--runtime fake")
          } finally {
            await must(["umount", path])
          }
        }
      })

    it("says what to do where the user is not root", async () => {
      const start = [
        "server",
        "--data-dir",
        "/tmp/miren-not-root",
        "--listen",
        "127.0.0.1:0",
        "--store",
        "memory",
      ]
      const view = worlds.includes("real") ? await bindCheckout() : undefined
      const nobody = view === undefined ? {} : { uid: 65_534, gid: 65_534 }
      const mctl =
        view === undefined ? join(import.meta.dirname, "..", "..", "bin", "mctl") : join(view, "bin", "mctl")
      try {
        const result = await run([mctl, ...start], { ...nobody, env: { HOME: "/tmp" }, timeoutMs: 30_000 })
        expect(result.code).toBe(1)
        expect(result.stderr.trim()).toMatch(/^mctl server: .*root.*--runtime fake[^\n]*$/)
      } finally {
        if (view !== undefined) await must(["umount", view])
        rmSync("/tmp/miren-not-root", { recursive: true, force: true })
      }
    })

    it("names the port that is in use", async () => {
      const { createServer } = await import("node:net")
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      try {
        const message = await failing([
          ...["--data-dir", data, "--listen", `127.0.0.1:${port}`, "--store", "memory", "--runtime", "fake"],
        ])
        expect(message).toContain(`${port}`)
        expect(message).toMatch(/in use.*--listen/)
      } finally {
        server.close()
      }
    })

    it("names the data dir that cannot be written", async () => {
      const message = await failing(["--data-dir", "/proc/miren", "--store", "memory", "--runtime", "fake"])
      expect(message).toMatch(/\/proc\/miren.*--data-dir/)
    })

    it("names an option that does not exist, and a value that is not allowed", async () => {
      expect(await failing(["--stor", "etcd"])).toMatch(/stor/)
      expect(await failing(["--data-dir", data, "--store", "oracle"])).toMatch(
        /--store.*etcd.*embedded.*memory/,
      )
    })
  })
})
