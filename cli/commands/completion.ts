/** `mctl completion`: a script that completes commands and options, as data from the command table. */
import type { Command, Run } from "../command.ts"
import { CliFailure } from "../failure.ts"
import { globalOptions } from "../global-options.ts"
import { print } from "../program.ts"

export const completionOf =
  (commands: ReadonlyArray<Command>): Run =>
  async (args, program) => {
    const [shell] = args.operands
    if (shell !== "bash" && shell !== "zsh") throw new CliFailure("Usage", "completion is for bash or zsh")
    print(
      program,
      (shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "") + bashScript(commands),
    )
    return 0
  }

const bashScript = (commands: ReadonlyArray<Command>): string => {
  const names = [...commands.map(({ name }) => name), "server", "help"].join(" ")
  const cases = commands.map(({ name, options }) => {
    const flags = Object.keys({ ...options, ...globalOptions }).map((option) => `--${option}`)
    return `    ${name}) words="${flags.join(" ")}" ;;\n`
  })
  return `_mctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  case "\${COMP_WORDS[1]}" in
${cases.join("")}  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _mctl mctl
`
}
