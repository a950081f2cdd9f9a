/**
 * What the documentation shows is what happens: every `ts` block marked `run` of the README and of docs/operators, and every
 * `@example` of the doors, runs, and passes the type checker.
 */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { run } from "./kit/command.ts"

const root = resolve(import.meta.dirname, "..")

interface Block {
  /** Where it stands. */
  readonly name: string
  readonly code: string
}

const inPages = (): ReadonlyArray<Block> =>
  globSync(["README.md", "docs/operators/*.md"], { cwd: root })
    .sort()
    .flatMap((page) => {
      const text = readFileSync(join(root, page), "utf8")
      return [...text.matchAll(/^```ts run\n([\s\S]*?)^```$/gm)].map((match, index) => ({
        name: `${page} ${index + 1}`,
        code: String(match[1]),
      }))
    })

/** `@example` and the fenced block after it, in a doc comment. */
const inSources = (): ReadonlyArray<Block> =>
  globSync("{reconciler,simulation,client,daemon}/**/*.ts", { cwd: root })
    .filter((file) => !file.endsWith(".test.ts"))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8")
      return [...text.matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map((match, index) => ({
        name: `${file} @example ${index + 1}`,
        code: String(match[1]).replaceAll(/^\s*\* ?/gm, ""),
      }))
    })

// Within the package, so that `miren/...` means these sources.
mkdirSync(join(root, ".miren"), { recursive: true })
const folder = mkdtempSync(join(root, ".miren/docs-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocks = [...inPages(), ...inSources()].map((block, index) => ({
  ...block,
  file: join(folder, `${index}.ts`),
}))
for (const { file, code } of blocks) writeFileSync(file, code)

/** Runs them one after another in one process, and prints what each came to: starting a process is most of what one costs. */
const runner = `
const results = {}
for (const file of process.argv.slice(2)) {
  results[file] = await import(file).then(() => "", (error) => String(error?.stack ?? error) || "it failed")
}
process.stdout.write("\\nresults " + JSON.stringify(results) + "\\n")
process.exit(0)
`
let results: { readonly [file: string]: string } = {}
beforeAll(async () => {
  const file = join(folder, "run.mjs")
  writeFileSync(file, runner)
  const files = blocks.map((block) => block.file)
  const { stdout, stderr } = await run([process.execPath, file, ...files], { cwd: root, timeoutMs: 110_000 })
  results = JSON.parse(/^results (.*)$/m.exec(stdout)?.[1] ?? JSON.stringify({ "": stderr }))
}, 120_000)

describe("the documentation", () => {
  it("has examples at all", () => {
    expect(inPages().length).toBeGreaterThan(3)
    expect(inSources().length).toBeGreaterThan(3)
  })

  it.each(blocks)("$name runs", ({ file }) => {
    expect(results[file], results[""]).toBe("")
  })

  it("passes the type checker", () => {
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["*.ts"], exclude: [] }),
    )
    const check = () =>
      execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" })
    expect(check).not.toThrow()
  }, 120_000)
})
