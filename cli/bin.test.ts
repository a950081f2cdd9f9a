import { execFile } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"

const mctl = join(import.meta.dirname, "..", "bin", "mctl")

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "mctl-bin-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const run = (program: string, args: ReadonlyArray<string>, env: { readonly [name: string]: string }) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile(program, args, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })

/** A checkout with bin/mctl alone, and programs that say what they are given. */
const checkout = (files: { readonly [path: string]: string }): string => {
  const root = folder()
  mkdirSync(join(root, "bin"))
  copyFileSync(mctl, join(root, "bin", "mctl"))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), 0o755)
  }
  return root
}

const echo = '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n'

describe("bin/mctl", () => {
  test("runs with no PATH at all", async () => {
    const { code, stdout, stderr } = await run(mctl, ["version", "--client"], {
      PATH: "/nonexistent",
      HOME: folder(),
    })
    expect(`${code}: ${stderr}`).toBe("0: ")
    expect(stdout).toMatch(/^mctl \d+\.\d+\.\d+ \(node v\d+/)
  })

  test("runs through a chain of symbolic links", async () => {
    const place = folder()
    symlinkSync(mctl, join(place, "one"))
    symlinkSync("one", join(place, "two"))
    const { code, stderr } = await run(join(place, "two"), ["version", "--client"], {
      PATH: "/usr/bin:/bin",
      HOME: folder(),
    })
    expect(`${code}: ${stderr}`).toBe("0: ")
  })

  test.each([
    ["a command to the command line", ["get", "a b", "--", "-x"], "cli/main.ts\nget\na b\n--\n-x\n"],
    ["server to the daemon", ["server", "--listen", "x"], "daemon/main.ts\n--listen\nx\n"],
  ])("passes %s with every word as it is", async (_, words, want) => {
    const root = checkout({ "node_modules/.bin/node": echo })
    const { stdout } = await run(join(root, "bin", "mctl"), words, { PATH: "/usr/bin:/bin" })
    expect(stdout.replace(/^.*\/(?=(cli|daemon)\/)/, "")).toBe(want)
  })

  test.each<[string, { readonly [path: string]: string }, string, RegExp]>([
    ["there is no Node", {}, "/nonexistent", /Node\.js is missing\. Run `npm ci`/],
    [
      "the only Node is old",
      { "path/node": "#!/bin/sh\necho 18\n" },
      "path",
      /is Node\.js 18, and 24 or later is needed/,
    ],
    [
      "its packages are missing",
      { "path/node": "#!/bin/sh\necho 26\n" },
      "path",
      /packages are missing\. Run `npm ci`/,
    ],
  ])("says what to do when %s", async (_, files, path, want) => {
    const root = checkout(files)
    const { code, stderr } = await run(join(root, "bin", "mctl"), ["get"], { PATH: join(root, path) })
    expect(code).toBe(1)
    expect(stderr).toMatch(want)
  })

  test("keeps compiled code in the user's own cache, and nowhere without a home", async () => {
    const root = checkout({ "node_modules/.bin/node": '#!/bin/sh\necho "cache=$NODE_COMPILE_CACHE"\n' })
    const cacheOf = async (env: { readonly [name: string]: string }) =>
      (
        await run(join(root, "bin", "mctl"), ["get"], {
          PATH: "/usr/bin:/bin",
          NODE_COMPILE_CACHE: "",
          ...env,
        })
      ).stdout.trim()
    expect(await cacheOf({ HOME: "/h" })).toBe("cache=/h/.cache/miren/compile")
    expect(await cacheOf({ HOME: "/h", XDG_CACHE_HOME: "/x" })).toBe("cache=/x/miren/compile")
    expect(await cacheOf({})).toBe("cache=")
  })
})
