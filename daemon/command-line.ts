/** The command line of `mctl server`, made from the table of options. Start with {@link parseCommandLine}. */
import yargs from "yargs"
import { type ConfigOption, type FlagValue, serverOptions } from "../schemas/index.ts"
import type { Flags } from "./config.ts"

export type Verb = "run" | "validate" | "print" | "stop" | "teardown"

export interface CommandLine {
  readonly verb: Verb
  readonly flags: Flags
}

const describe = (option: ConfigOption): string => {
  const values = option.enum === undefined ? "" : ` One of: ${option.enum.join(", ")}.`
  const fallback = option.default === undefined || option.default === "" ? "" : ` Default: ${option.default}.`
  return `${option.description}${values}${fallback} [${option.env}]`
}

const isFlagValue = (value: unknown): value is FlagValue =>
  typeof value === "string" || typeof value === "boolean" || Array.isArray(value)

/**
 * What was typed; values are judged later, with those of the other sources. `help` when only help was asked for and printed.
 * Throws an Error with a sentence for what is no option or command.
 */
export const parseCommandLine = async (argv: ReadonlyArray<string>): Promise<CommandLine | "help"> => {
  let verb: Verb = "run"
  const options = Object.fromEntries(
    serverOptions.map((option) => [
      option.flag,
      {
        type: option.type === "boolean" ? "boolean" : "string",
        describe: describe(option),
        requiresArg: true,
      } as const,
    ]),
  )
  const choose = (chosen: Verb) => () => {
    verb = chosen
  }
  const parser = yargs([...argv])
    .scriptName("mctl server")
    .usage("$0 [options]\n\nRuns a server until SIGTERM. Prints `ready https://HOST:PORT` when it serves.")
    .command("$0", false, {}, choose("run"))
    .command(
      "config <what>",
      "validate: checks the configuration; print: shows it, and where each value is from",
      (line) => line.positional("what", { choices: ["validate", "print"] as const, demandOption: true }),
      (line) => choose(line.what)(),
    )
    .command("stop", "Stops the server of the data folder; its sandboxes run on", {}, choose("stop"))
    .command(
      "teardown",
      "Removes everything that the runtime of the data folder runs; what is stored stays",
      {},
      choose("teardown"),
    )
    .options(options)
    .parserConfiguration({
      "camel-case-expansion": false,
      "parse-numbers": false,
      "duplicate-arguments-array": false,
    })
    .strict()
    .version(false)
    .help()
    .exitProcess(false)
    .fail((message, error) => {
      throw new Error(`${message ?? error?.message ?? "the command line is wrong"} (see mctl server --help)`)
    })
  const parsed = await parser.parseAsync()
  if (parsed.help === true) return "help"
  const flags = serverOptions.flatMap(({ flag }) => {
    const value = (parsed as { readonly [name: string]: unknown })[flag]
    return isFlagValue(value) ? [[flag, value] as const] : []
  })
  return { verb, flags: Object.fromEntries(flags) }
}
