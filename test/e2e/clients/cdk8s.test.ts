/** cdk8s, unmodified: what it makes of our kinds, and what kubectl and mctl make of its manifests. */
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { helloReference } from "../../../dev/hello-image.ts"
import { clientProgram, clientsFolder } from "../../kit/clients.ts"
import { kubectlPath } from "../../kit/kubectl.ts"
import { REPOSITORY } from "../../kit/own-namespaces.ts"
import { ClientRecording, type RecordedClient } from "../../kit/recording/recorded-client.ts"
import { endToEnd, type System, startSystem, worlds } from "../../kit/system.ts"

const crd = join(import.meta.dirname, "..", "fixtures", "gadgets-crd.yaml")
const recording = new ClientRecording("kubectl with a cdk8s manifest")

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("cdk8s in the %s world", (kind) => {
    let system: System
    let recorded: RecordedClient
    let folder = ""
    beforeAll(async () => {
      system = await startSystem({ kind })
      expect((await system.mctl(["apply", "-f", crd])).stderr).toBe("")
      recorded = await recording.open(system)
      folder = mkdtempSync(join(kind === "ordinary" ? "/tmp" : tmpdir(), "cdk8s-"))
      const { uid, gid } = statSync(system.kubeconfig)
      chownSync(folder, uid, gid)
    })
    afterAll(async () => {
      await recorded?.close()
      await system?.destroy()
      rmSync(folder, { recursive: true, force: true })
    })

    const ok = async (argv: ReadonlyArray<string>): Promise<string> => {
      const env = { KUBECONFIG: recorded.kubeconfig, CLIENTS: clientsFolder(), HOME: folder }
      const { code, stdout, stderr } = await system.command(argv, { env, cwd: folder })
      expect(`${argv.join(" ")}: ${code === 0 ? "" : `${stderr}${stdout}`}`).toBe(`${argv.join(" ")}: `)
      return stdout
    }
    const kubectl = (...words: ReadonlyArray<string>) =>
      ok(["timeout", "-k", "1", "60", kubectlPath(), "--cache-dir", join(folder, "cache"), ...words])

    it("imports our kinds: from a file, and from a CRD that is read from the server", async () => {
      const gadgets = join(folder, "gadgets.yaml")
      writeFileSync(gadgets, await kubectl("get", "crd", "gadgets.example.com", "-o", "yaml"))
      for (const file of [gadgets, join(REPOSITORY, "schemas/compute/sandbox.yaml")]) {
        const words = ["import", file, "--language", "typescript", "--output", join(folder, "imports")]
        await ok([process.execPath, clientProgram("cdk8s"), ...words])
      }
      const read = (name: string) => readFileSync(join(folder, "imports", name), "utf8")
      expect(readdirSync(join(folder, "imports")).sort()).toEqual(["compute.miren.dev.ts", "example.com.ts"])
      expect(read("example.com.ts")).toMatch(/export class Gadget extends ApiObject/)
      expect(read("compute.miren.dev.ts")).toMatch(/readonly stdinOnce\?: boolean/)
    })

    it("synthesises a chart that kubectl applies, and finds nothing to change in", async () => {
      await ok([
        process.execPath,
        join(import.meta.dirname, "cdk8s-program.ts"),
        join(folder, "dist"),
        helloReference,
      ])
      const applied = await kubectl("apply", "-f", join(folder, "dist"))
      for (const words of ["namespace/stage created", "gadget.example.com/lamp created", "/web created"])
        expect(applied).toContain(words)
      await kubectl("wait", "-n", "stage", "sandbox/web", "--for=condition=Ready", "--timeout=60s")
      const version = () =>
        kubectl("get", "-n", "stage", "sandbox/web", "-o", "jsonpath={.metadata.generation}")
      const before = await version()
      const again = await kubectl("apply", "-f", join(folder, "dist"))
      for (const name of ["namespace/stage", `configmap/`, "gadget.example.com/lamp"])
        expect(again).toMatch(new RegExp(`${name}\\S* unchanged`))
      // kubectl sends lists of custom resources whole, and so without the defaults that are in them.
      expect(await version()).toBe(before)
    })

    it("and that mctl applies too", async () => {
      const { code, stdout, stderr } = await system.mctl(["apply", "-f", join(folder, "dist")])
      expect([code, stderr]).toEqual([0, ""])
      expect(stdout).toContain("lamp")
      expect(
        await kubectl("get", "all,configmaps", "-n", "stage", "-l", "from=cdk8s", "-o", "name"),
      ).toContain("settings")
    })
  })

  it("asked what it is known to ask", () => recording.expectAsKnown())
})
