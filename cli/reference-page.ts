/** The reference page of mctl, in Markdown, from the command table. Its test keeps `docs/reference/mctl.md` fresh. */
import type { Command } from "./command.ts"
import { commands } from "./command-table.ts"
import { globalOptions } from "./global-options.ts"
import type { OptionTable } from "./option.ts"

export const referencePage = (): string =>
  [
    "<!-- Generated from cli/command-table.ts by `npm run golden:update`: edit that, not this. -->",
    "# mctl",
    "",
    "Applies manifests to a Miren server and shows what it runs. Any kubeconfig will do: the one that `--kubeconfig`",
    "names, else `KUBECONFIG`, else `~/.config/miren/clientconfig.yaml`, else `~/.kube/config`. Exit code 0 is success, 1 an",
    "error that standard error tells of; `exec` ends with the exit code of its command, Ctrl-C with 130.",
    "",
    "`mctl server` runs a server: [server-config.md](server-config.md).",
    "",
    "## Options of every command",
    "",
    ...optionTable(globalOptions),
    ...commands.flatMap(commandSection),
  ].join("\n")

const commandSection = ({ name, operands, describe, options, examples }: Command): ReadonlyArray<string> => [
  `## mctl ${name}`,
  "",
  `${describe}.`,
  "",
  "```",
  `mctl ${name}${operands === "" ? "" : ` ${operands}`}`,
  "```",
  "",
  ...optionTable(options),
  ...(examples.length === 0
    ? []
    : ["```sh", ...examples.map(([line, what]) => `${line}   # ${what}`), "```", ""]),
]

const optionTable = (table: OptionTable): ReadonlyArray<string> =>
  Object.keys(table).length === 0
    ? []
    : [
        "| option | default | what it does |",
        "|---|---|---|",
        ...Object.entries(table).map(([name, { short, describe, choices, default: value }]) => {
          const names = short === undefined ? `\`--${name}\`` : `\`--${name}\`, \`-${short}\``
          const one = choices === undefined ? "" : ` (${choices.join(", ")})`
          const fallback = value === undefined || value === false ? "" : `\`${value}\``
          return `| ${names} | ${fallback} | ${(describe + one).replaceAll("|", "\\|")} |`
        }),
        "",
      ]
