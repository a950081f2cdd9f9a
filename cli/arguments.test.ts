import { describe, expect, test } from "vitest"
import { parseArguments, parseDuration } from "./arguments.ts"
import { commands, findCommand } from "./command-table.ts"
import { CliFailure } from "./failure.ts"
import { globalOptions } from "./global-options.ts"
import type { OptionTable } from "./option.ts"

const table: OptionTable = {
  output: { type: "string", short: "o", describe: "" },
  wait: { type: "boolean", default: true, describe: "" },
  "no-headers": { type: "boolean", describe: "" },
  stdin: { type: "boolean", short: "i", describe: "" },
  tty: { type: "boolean", short: "t", describe: "" },
  tail: { type: "number", describe: "" },
  filename: { type: "list", short: "f", describe: "" },
  mode: { type: "string", choices: ["a", "b"], default: "a", describe: "" },
}

describe("words are parsed", () => {
  const parse = (line: string) => parseArguments(line.split(" "), table)

  test.each<[string, string, (args: ReturnType<typeof parse>) => unknown, unknown]>([
    ["operands in order", "a -o wide b", (args) => args.operands, ["a", "b"]],
    ["-o wide", "-o wide", (args) => args.text("output"), "wide"],
    ["-o=wide", "-o=wide", (args) => args.text("output"), "wide"],
    ["-owide", "-owide", (args) => args.text("output"), "wide"],
    ["--output=wide", "--output=wide", (args) => args.text("output"), "wide"],
    ["a value with = in it", "--output=jsonpath={.a==1}", (args) => args.text("output"), "jsonpath={.a==1}"],
    ["short options in one word", "-it", (args) => [args.flag("stdin"), args.flag("tty")], [true, true]],
    ["a default", "x", (args) => [args.flag("wait"), args.text("mode")], [true, "a"]],
    ["--wait=false", "--wait=false", (args) => args.flag("wait"), false],
    ["a name that starts with no-", "--no-headers", (args) => args.flag("no-headers"), true],
    ["a number", "--tail 5", (args) => args.number("tail"), 5],
    ["a number that is negative", "--tail=-1", (args) => args.number("tail"), -1],
    ["a list, repeated and with commas", "-f a -f b,c", (args) => args.list("filename"), ["a", "b", "c"]],
    ["- as a value", "-f -", (args) => args.list("filename"), ["-"]],
    ["what follows --", "a -- ls -l --", (args) => [args.operands, args.rest], [["a"], ["ls", "-l", "--"]]],
    ["nothing after --", "a", (args) => args.rest, undefined],
  ])("%s", (_, line, read, want) => {
    expect(read(parse(line))).toEqual(want)
  })

  test.each([
    ["an unknown option", "--nothing"],
    ["an unknown short option", "-x"],
    ["a value that is missing", "--output"],
    ["a value that is none of the choices", "--mode=c"],
    ["a number that is none", "--tail=five"],
    ["a boolean that is none", "--wait=maybe"],
  ])("%s is refused", (_, line) => {
    expect(() => parse(line)).toThrow(CliFailure)
  })
})

test.each([
  ["30", 30_000],
  ["30s", 30_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  ["500ms", 500],
  ["0", 0],
])("%s is %i ms", (text, want) => {
  expect(parseDuration("timeout", text)).toBe(want)
})

test.each(["", "soon", "5 m", "-5s", "5d"])("%j is no duration", (text) => {
  expect(() => parseDuration("timeout", text)).toThrow(CliFailure)
})

describe("the command table", () => {
  test("gives no option a name or letter twice, and none that every command has", () => {
    for (const { name, options } of commands) {
      const all: OptionTable = { ...options, ...globalOptions }
      const letters = Object.values(all).flatMap(({ short }) => short ?? [])
      expect([name, letters.length]).toEqual([name, new Set(letters).size])
      expect(Object.keys(options).filter((option) => Object.hasOwn(globalOptions, option))).toEqual([])
    }
  })

  test("has code for every command", async () => {
    for (const command of commands)
      expect([command.name, typeof (await command.load())]).toEqual([command.name, "function"])
    expect(findCommand("get")?.name).toBe("get")
  })
})
