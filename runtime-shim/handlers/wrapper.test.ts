import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { wrapperScript } from "./wrapper.ts"

let directory = ""
let script = ""

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "wrapper it's-"))
  const runsc = join(directory, "runsc")
  writeFileSync(runsc, '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n', { mode: 0o755 })
  script = join(directory, "wrapper")
  const options = { runsc, platform: "systrap", network: "sandbox", hidesNet: false } as const
  const text = wrapperScript({ ...options, emptyDir: join(directory, "empty"), pidsDir: directory })
  writeFileSync(script, text, { mode: 0o755 })
  mkdirSync(join(directory, "abc", "exec-1"), { recursive: true })
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const given = (...args: ReadonlyArray<string>) =>
  execFileSync(script, [...args], { encoding: "utf8" })
    .split("\n")
    .slice(0, -1)

const FLAGS = ["--platform=systrap", "--network=sandbox"]

describe("the wrapper of runsc", () => {
  it("adds the flags that the shim cannot pass, and leaves the words as they are", () => {
    expect(given("--root", "/a b", "state", "abc")).toEqual([...FLAGS, "--root", "/a b", "state", "abc"])
    expect(given("kill", "abc", "")).toEqual([...FLAGS, "kill", "abc", ""])
  })
  it("has exec write down the pid inside, beside the pipes of that exec", () => {
    const words = given("--root", "/r", "exec", "--process", "/p 1", "--pid-file", "/b/exec-1.pid", "abc")
    const file = join(directory, "abc/exec-1/pid")
    expect(words).toEqual([
      ...FLAGS,
      ...["--root", "/r", "exec", "--internal-pid-file", file],
      ...["--process", "/p 1", "--pid-file", "/b/exec-1.pid", "abc"],
    ])
  })
  it("leaves an exec alone that is none of ours", () => {
    const words = ["exec", "--pid-file", "/b/other.pid", "abc"]
    expect(given(...words)).toEqual([...FLAGS, ...words])
  })
})
