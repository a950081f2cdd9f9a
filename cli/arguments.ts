/** The words of a command line, parsed by a command's option table. */
import { parseArgs } from "node:util"
import { CliFailure } from "./failure.ts"
import type { OptionSpec, OptionTable } from "./option.ts"

export interface Arguments {
  /** The words that are no options, before `--`. */
  readonly operands: ReadonlyArray<string>
  /** Everything after `--`; undefined where there was none. */
  readonly rest: ReadonlyArray<string> | undefined
  text(name: string): string | undefined
  flag(name: string): boolean
  number(name: string): number | undefined
  list(name: string): ReadonlyArray<string>
}

type Value = string | boolean | number | ReadonlyArray<string>

/** Fails with CliFailure Usage. */
export const parseArguments = (words: ReadonlyArray<string>, table: OptionTable): Arguments => {
  const end = words.indexOf("--")
  const { tokens } = parseArgs({
    args: [...(end === -1 ? words : words.slice(0, end))],
    options: Object.fromEntries(Object.entries(table).map(([name, option]) => [name, parserOption(option)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const values = new Map<string, Value>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value)
    if (token.kind !== "option") continue
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined
    if (option === undefined) throw new CliFailure("Usage", `unknown option ${token.rawName}`)
    // `-n=x` means x: parseArgs leaves the equals sign of short options in the value.
    const text = token.rawName.startsWith("--") ? token.value : token.value?.replace(/^=/, "")
    values.set(token.name, parseValue(token.rawName, { option, text, before: values.get(token.name) }))
  }
  return argumentsOf(operands, end === -1 ? undefined : words.slice(end + 1), { table, values })
}

const parserOption = ({ type, short, bare }: OptionSpec) => ({
  type: type === "boolean" || bare !== undefined ? ("boolean" as const) : ("string" as const),
  ...(short === undefined ? {} : { short }),
})

interface Given {
  readonly option: OptionSpec
  readonly text: string | undefined
  readonly before: Value | undefined
}

const parseValue = (name: string, { option, text, before }: Given): Value => {
  if (option.type === "boolean") return parseBoolean(name, text)
  const value = text ?? option.bare
  if (value === undefined) throw new CliFailure("Usage", `option ${name} needs a value`)
  if (option.choices !== undefined && !option.choices.includes(value))
    throw new CliFailure(
      "Usage",
      `option ${name}: ${JSON.stringify(value)} is none of ${option.choices.join(", ")}`,
    )
  if (option.type === "list") return [...(Array.isArray(before) ? before : []), ...value.split(",")]
  if (option.type === "string") return value
  const number = Number(value)
  if (value.trim() === "" || !Number.isSafeInteger(number))
    throw new CliFailure("Usage", `option ${name}: ${JSON.stringify(value)} is not a whole number`)
  return number
}

const parseBoolean = (name: string, text: string | undefined): boolean => {
  if (text === undefined || text === "true") return true
  if (text === "false") return false
  throw new CliFailure("Usage", `option ${name}: ${JSON.stringify(text)} is neither true nor false`)
}

const argumentsOf = (
  operands: ReadonlyArray<string>,
  rest: ReadonlyArray<string> | undefined,
  { table, values }: { readonly table: OptionTable; readonly values: ReadonlyMap<string, Value> },
): Arguments => {
  const get = (name: string): Value | undefined => values.get(name) ?? table[name]?.default
  return {
    operands,
    rest,
    text: (name) => {
      const value = get(name)
      return typeof value === "string" ? value : undefined
    },
    flag: (name) => get(name) === true,
    number: (name) => {
      const value = get(name)
      return typeof value === "number" ? value : undefined
    },
    list: (name) => {
      const value = get(name)
      return Array.isArray(value) ? value : []
    },
  }
}

/** `90s`, `5m`, `1h30m`, `500ms` or plain seconds, in milliseconds. Fails with CliFailure Usage. */
export const parseDuration = (name: string, text: string): number => {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text))
    throw new CliFailure(
      "Usage",
      `option --${name}: ${JSON.stringify(text)} is not a duration like 30s, 5m or 1h30m`,
    )
  const unitMs: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    total += Number(amount) * (unitMs[unit ?? ""] ?? 0)
  return total
}
