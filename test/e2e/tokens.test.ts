/** Bearer tokens beside client certificates, and what a stranger gets. */
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("who may ask in the %s world", (kind) => {
    const file = `/tmp/miren-tokens-${process.pid}`
    let system: System
    beforeAll(async () => {
      writeFileSync(file, 'operator-token,olga,7,"system:masters"\nguest-token,gustav,8,"guests"\n')
      chmodSync(file, 0o644)
      system = await startSystem({ kind, flags: ["--roles", "api", "--token-file", file] })
    })
    afterAll(async () => {
      await system?.destroy()
      rmSync(file, { force: true })
    })
    const asToken = (token: string, args: ReadonlyArray<string>) =>
      system.kubectl(
        [
          "--kubeconfig",
          "/dev/null",
          "--server",
          system.url,
          "--insecure-skip-tls-verify",
          "--token",
          token,
          ...args,
        ],
        { env: { HOME: join(system.dataDir, "nobody") } },
      )

    it("lets in who has a token of the file, with its groups", async () => {
      const result = await asToken("operator-token", ["get", "namespaces", "-o", "name"])
      expect(result.stdout).toContain("namespace/default")
    })

    it("refuses a token that it does not know", async () => {
      expect((await asToken("wrong", ["get", "namespaces"])).stderr).toMatch(/Unauthorized|must be logged in/)
    })

    it("denies by default: a known user without rights is told what is missing", async () => {
      const result = await asToken("guest-token", ["get", "secrets"])
      expect(result.code).toBe(1)
      expect(result.stderr).toContain(
        'User "gustav" cannot list resource "secrets" in API group "" in the namespace "default"',
      )
    })

    it("shows strangers its health and nothing else", async () => {
      const program = `process.stdout.write(String((await fetch(process.argv[1])).status))`
      const ask = async (path: string) =>
        (
          await system.command(
            [process.execPath, "--input-type=module", "-e", program, `${system.url}${path}`],
            {
              env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
            },
          )
        ).stdout
      expect(await ask("/readyz")).toBe("200")
      expect(await ask("/api/v1/namespaces")).toBe("401")
    })

    it("keeps its keys and its kubeconfig to its owner", async () => {
      const loose = await system.command([
        "find",
        system.dataDir,
        "-type",
        "f",
        "-name",
        "*.key*",
        "-perm",
        "/077",
      ])
      expect(loose.stdout).toBe("")
      const modes = await system.command([
        "stat",
        "-c",
        "%a",
        system.kubeconfig,
        join(system.dataDir, "pki", "secrets.keys"),
      ])
      expect(modes.stdout).toBe("600\n600\n")
    })
  })
})
