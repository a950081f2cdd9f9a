/** What a command is: how it is called, as data, and where its code is. Only the code of the command that runs is loaded. */
import type { Arguments } from "./arguments.ts"
import type { OptionTable } from "./option.ts"
import type { Program } from "./program.ts"

/** Runs to the process's exit code. */
export type Run = (args: Arguments, program: Program) => Promise<number>

export interface Command {
  readonly name: string
  /** The words after the name, for the usage line: `TYPE[/NAME]`. */
  readonly operands: string
  readonly describe: string
  readonly options: OptionTable
  readonly examples: ReadonlyArray<readonly [line: string, what: string]>
  readonly load: () => Promise<Run>
}
