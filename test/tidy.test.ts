/** The house rules that no linter knows: each finding names the file, the line and what to write instead. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { basename, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "..")
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !file.includes("/golden/"))
const sources = tracked.filter((file) => file.endsWith(".ts") && !file.endsWith(".gen.ts"))
const library = sources.filter((file) =>
  /^(store|apiserver|client|reconciler|runtime-shim|controllers|simulation)\//.test(file),
)
const production = library.filter((file) => !file.endsWith(".test.ts") && basename(file) !== "conformance.ts")

interface Rule {
  readonly name: string
  readonly pattern: RegExp
  readonly instead: string
  readonly files: ReadonlyArray<string>
}

const rules: ReadonlyArray<Rule> = [
  {
    name: "time and chance are asked for",
    pattern:
      /\b(Date\.now|setTimeout|setInterval|Math\.random|randomUUID|AbortSignal\.timeout)\(|new Date\(\)/,
    instead: "take Clock, Random or the folder's ambient.ts",
    files: production.filter((file) => basename(file) !== "ambient.ts"),
  },
  {
    name: "nothing is left for later",
    pattern: /\b(TODO|FIXME|XXX)\b|not (yet )?implemented/i,
    instead: "do it, or open an issue and say in prose what is so",
    files: sources.filter((file) => file !== "test/tidy.test.ts"),
  },
  {
    name: "no test is skipped or focused",
    pattern: /\b(it|test|describe)(\.effect)?\.(skip|only|todo)\(/,
    instead: "delete it or make it pass",
    files: sources,
  },
  {
    name: "the type checker is not silenced",
    pattern: /@ts-(ignore|nocheck|expect-error)|biome-ignore(?! .*: \S)/,
    instead: "parse, narrow, or fix the type",
    files: sources.filter((file) => file !== "test/tidy.test.ts"),
  },
]

describe("the house is tidy", () => {
  it.each(rules)("$name", ({ pattern, instead, files }) => {
    const found = files.flatMap((file) =>
      readFileSync(resolve(root, file), "utf8")
        .split("\n")
        .flatMap((line, index) =>
          pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()} -- ${instead}`] : [],
        ),
    )
    expect(found).toEqual([])
  })

  it("has no grab-bag files", () => {
    expect(tracked.filter((file) => /(^|\/)(utils?|helpers?|common|misc|types)\.ts$/.test(file))).toEqual([])
  })

  it("keeps a file to one thing: no source of more than 500 lines", () => {
    const long = production.filter(
      (file) => readFileSync(resolve(root, file), "utf8").split("\n").length > 500,
    )
    expect(long).toEqual([])
  })

  it("gives every folder a row in ARCHITECTURE.md", () => {
    const map = readFileSync(resolve(root, "ARCHITECTURE.md"), "utf8")
    const folders = [
      ...new Set(tracked.filter((file) => file.includes("/")).map((file) => file.split("/")[0])),
    ]
    const missing = folders.filter(
      (folder) => !["docs", "bin", ".ci"].includes(folder ?? "") && !map.includes(`\`${folder}/\``),
    )
    expect(missing).toEqual([])
  })

  it("tests each of the 150 statements of the wire by its number, or lists it as a deviation", () => {
    const tests = sources
      .filter((file) => file.startsWith("test/wire/"))
      .flatMap((file) =>
        [...readFileSync(resolve(root, file), "utf8").matchAll(/"2\.\d+\.(\d+) /g)].map(([, number]) =>
          Number(number),
        ),
      )
    const page = readFileSync(resolve(root, "docs/compatibility.md"), "utf8")
    const deviations = [...page.matchAll(/^\|[^|]*\((\d+)\)/gm)].map(([, number]) => Number(number))
    const covered = new Set([...tests, ...deviations])
    const missing = Array.from({ length: 150 }, (_, index) => index + 1).filter(
      (number) => !covered.has(number),
    )
    expect(missing).toEqual([])
  })

  it("carries no registry address in the lock file", () => {
    expect(readFileSync(resolve(root, "package-lock.json"), "utf8")).not.toMatch(/"resolved":/)
  })
})
