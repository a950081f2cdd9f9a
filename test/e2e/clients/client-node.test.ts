/** @kubernetes/client-node 2, unmodified: each of its parts that speaks with a server. */
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { helloReference } from "../../../dev/hello-image.ts"
import { ClientRecording, type RecordedClient } from "../../kit/recording/recorded-client.ts"
import { endToEnd, type System, startSystem, worlds } from "../../kit/system.ts"

const crd = join(import.meta.dirname, "..", "fixtures", "gadgets-crd.yaml")
const recording = new ClientRecording("client-node 2")

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("client-node in the %s world", (kind) => {
    let system: System
    let recorded: RecordedClient
    let folder = ""
    beforeAll(async () => {
      system = await startSystem({ kind })
      expect((await system.mctl(["apply", "-f", crd])).stderr).toBe("")
      recorded = await recording.open(system)
      folder = mkdtempSync(join(kind === "ordinary" ? "/tmp" : tmpdir(), "client-node-"))
      const { uid, gid } = statSync(system.kubeconfig)
      chownSync(folder, uid, gid)
    })
    afterAll(async () => {
      await recorded?.close()
      await system?.destroy()
      rmSync(folder, { recursive: true, force: true })
    })

    it("does what each of its parts is for", async () => {
      const program = join(import.meta.dirname, "client-node-program.ts")
      const args = [helloReference, folder, ...(kind === "real" ? ["files"] : [])]
      const env = { KUBECONFIG: recorded.kubeconfig, TMPDIR: folder }
      const done = await system.command([process.execPath, program, ...args], { env, timeoutMs: 150_000 })
      expect(`${done.stderr}${done.code}`).toBe("0")
      expect(JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "")).toEqual({
        served: { isReady: true, hasVersion: true },
        // It sends a strategic merge patch unless it is told otherwise, and no custom resource takes that.
        objects: {
          hasUid: true,
          strategic: 415,
          stale: 409,
          specs: [{ replicas: 3, colour: "red" }],
          gone: 404,
        },
        custom: { replicas: 4, scale: 4 },
        watches: { seen: ["add c", "update c", "delete c"], heard: ["ADDED c", "MODIFIED c", "DELETED c"] },
        pods: {
          ran: { output: "hello\n", status: expect.objectContaining({ status: "Success" }) },
          failed: "NonZeroExitCode",
          attached: { phase: "Succeeded", log: "typed\nclosed\n" },
          forwarded: true,
          ...(kind === "real" ? { copied: true } : {}),
          used: { hasPod: true, nodes: 1, top: 1, topPods: true },
          logged: true,
        },
      })
    })
  })

  it("asked what it is known to ask", () => recording.expectAsKnown())
})
