/** kubernetes-fluent-client, unmodified: its verbs, its watch, and the types that it makes of a CRD on the server. */
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { clientProgram, clientsFolder } from "../../kit/clients.ts"
import { ClientRecording, type RecordedClient } from "../../kit/recording/recorded-client.ts"
import { endToEnd, type System, startSystem, worlds } from "../../kit/system.ts"

const crd = join(import.meta.dirname, "..", "fixtures", "gadgets-crd.yaml")
const recording = new ClientRecording("kubernetes-fluent-client")

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("kubernetes-fluent-client in the %s world", (kind) => {
    let system: System
    let recorded: RecordedClient
    beforeAll(async () => {
      system = await startSystem({ kind, flags: ["--roles", "api,controllers"] })
      expect((await system.mctl(["apply", "-f", crd])).stderr).toBe("")
      recorded = await recording.open(system)
    })
    afterAll(async () => {
      await recorded?.close()
      await system?.destroy()
    })

    const env = () => ({ KUBECONFIG: recorded.kubeconfig, CLIENTS: clientsFolder() })

    it("applies, reads, patches, finalizes, deletes, and watches over a line that it opens anew", async () => {
      const program = join(import.meta.dirname, "fluent-program.ts")
      const done = await system.command([process.execPath, program], { env: env(), timeoutMs: 120_000 })
      expect(`${done.stderr}${done.code}`).toBe("0")
      expect(JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "")).toEqual({
        isSame: true,
        spec: { replicas: 2, colour: "red" },
        finalizers: ["example.com/held"],
        items: ["one", "two"],
        heard: ["connect", "reconnect"],
      })
    })

    it("makes types of a CRD that it reads from the server", async () => {
      const folder = mkdtempSync(join(kind === "ordinary" ? "/tmp" : tmpdir(), "fluent-"))
      const { uid, gid } = statSync(system.kubeconfig)
      chownSync(folder, uid, gid)
      try {
        const words = ["crd", "gadgets.example.com", folder]
        const made = await system.command(
          [process.execPath, clientProgram("kubernetes-fluent-client"), ...words],
          { env: { ...env(), TMPDIR: folder }, cwd: folder },
        )
        expect(`${made.stderr}${made.code}`).toBe("0")
        const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".ts"))
        expect(readFileSync(join(folder, file), "utf8")).toMatch(
          /export class Gadget extends GenericKind[\s\S]*replicas\?: number/,
        )
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  })

  it("asked what it is known to ask", () => recording.expectAsKnown())
})
