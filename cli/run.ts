/** One command line, from its words to its exit code. Everything that goes wrong is told in a sentence here. */
import { parseArguments } from "./arguments.ts"
import type { Command } from "./command.ts"
import { commands, findCommand } from "./command-table.ts"
import { CliFailure, formatFailure } from "./failure.ts"
import { globalOptions } from "./global-options.ts"
import { plainText } from "./output/columns.ts"
import { type Program, print, warn } from "./program.ts"

export const runWords = async (words: ReadonlyArray<string>, program: Program): Promise<number> => {
  try {
    return await dispatch(words, program)
  } catch (error) {
    if (program.signal.aborted) return interrupted
    warn(program, plainText(`${formatFailure(error)}\n`))
    return 1
  }
}

/** As shells have it: 128 and the number of SIGINT. */
const interrupted = 130

const dispatch = async (words: ReadonlyArray<string>, program: Program): Promise<number> => {
  const at = words.findIndex((word, index) => !word.startsWith("-") && !isOptionValue(words[index - 1]))
  const name = words[at]
  if (name === undefined || name === "help") return help(findCommand(words[at + 1] ?? ""), program)
  const command = findCommand(name)
  if (command === undefined) throw new CliFailure("Usage", unknownCommand(name))
  const args = parseArguments([...words.slice(0, at), ...words.slice(at + 1)], {
    ...command.options,
    ...globalOptions,
  })
  if (args.flag("help")) return help(command, program)
  const run = await command.load()
  return run(args, program)
}

const help = async (command: Command | undefined, program: Program): Promise<number> => {
  const { formatHelp } = await import("./usage.ts")
  print(program, `${await formatHelp(command, program.streams.stdout.columns ?? 100)}\n`)
  return 0
}

/** Whether a word before the command is an option that takes the next word. */
const isOptionValue = (word: string | undefined): boolean =>
  word !== undefined && ["--kubeconfig", "--context", "--namespace", "-n"].includes(word)

const unknownCommand = (name: string): string => {
  const near = commands.filter((command) => command.name.startsWith(name.slice(0, 3)))
  const hint = near.length === 0 ? "" : `; did you mean ${near.map((command) => command.name).join(" or ")}?`
  return `unknown command ${JSON.stringify(name)}${hint} (\`mctl --help\` lists all)`
}
