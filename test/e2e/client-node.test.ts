/** An unmodified @kubernetes/client-node: its informer sees what its API writes. */
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventually } from "../kit/command.ts"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

const crd = join(import.meta.dirname, "fixtures", "widgets-crd.yaml")

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("client-node against the %s world", (kind) => {
    let system: System
    beforeAll(async () => {
      system = await startSystem({ kind, flags: ["--roles", "api,controllers"] })
      expect((await system.mctl(["apply", "-f", crd])).stderr).toBe("")
    })
    afterAll(async () => {
      await system?.destroy()
    })

    it("lists, watches, creates, patches and deletes a CRD's objects", async () => {
      const program = system.spawn([process.execPath, join(import.meta.dirname, "informer-program.ts")])
      const seen: Array<{ verb: string; name?: string; size?: number; items?: number }> = []
      let errors = ""
      program.stderr?.on("data", (chunk: Buffer) => {
        errors += chunk.toString("utf8")
      })
      if (program.stdout === null || program.stdin === null) throw new Error("no pipes")
      createInterface({ input: program.stdout }).on("line", (line) => seen.push(JSON.parse(line)))
      try {
        await eventually(() => expect(`${errors}${JSON.stringify(seen)}`).toContain('"started","items":0'))
        program.stdin.write("create a 1\n")
        await eventually(() => expect(seen).toContainEqual({ verb: "add", name: "a", size: 1 }))
        program.stdin.write("patch a 2\n")
        await eventually(() => expect(seen).toContainEqual({ verb: "update", name: "a", size: 2 }))
        program.stdin.write("delete a\n")
        await eventually(() => expect(seen).toContainEqual({ verb: "delete", name: "a", size: 2 }))
        expect(seen.filter((event) => event.verb === "error")).toEqual([])
      } finally {
        program.kill("SIGKILL")
      }
    })
  })
})
