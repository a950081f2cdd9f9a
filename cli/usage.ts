/** Help, by yargs from the command table. Loaded only when asked for: yargs costs more than a whole `get`. */
import yargs, { type Argv } from "yargs"
import type { Command } from "./command.ts"
import { commands } from "./command-table.ts"
import { globalOptions } from "./global-options.ts"
import type { OptionTable } from "./option.ts"

/** The help of one command, or of all. */
export const formatHelp = (command: Command | undefined, columns: number): Promise<string> => {
  const parser = base([]).wrap(Math.min(Math.max(columns, 60), 110))
  return command === undefined ? overview(parser).getHelp() : details(parser, command).getHelp()
}

const base = (words: ReadonlyArray<string>): Argv =>
  yargs([...words])
    .scriptName("mctl")
    .version(false)
    .help(false)
    .exitProcess(false)

const overview = (parser: Argv): Argv => {
  for (const { name, describe } of commands) parser.command(name, describe)
  return withOptions(parser, globalOptions, "Options of every command:")
    .command("server", "Run a server (`mctl server --help` lists its options)")
    .usage("mctl COMMAND\n\nApplies manifests to a Miren server and shows what it runs.")
    .epilogue("`mctl COMMAND --help` says more about a command.")
}

const details = (parser: Argv, { name, operands, describe, options, examples }: Command): Argv => {
  withOptions(parser, options, "Options:")
  withOptions(parser, globalOptions, "Options of every command:")
  for (const [line, what] of examples) parser.example(line, what)
  return parser.usage(`mctl ${name} ${operands}\n\n${describe}.`)
}

const withOptions = (parser: Argv, table: OptionTable, group: string): Argv => {
  for (const [name, { type, short, describe, choices, default: value }] of Object.entries(table))
    parser.option(name, {
      type: type === "list" ? "array" : type,
      describe,
      group,
      ...(short === undefined ? {} : { alias: short }),
      ...(choices === undefined ? {} : { choices }),
      ...(value === undefined || value === false ? {} : { default: value }),
    })
  return parser
}
