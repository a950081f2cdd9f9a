/** The program `miren`: what an author of operators types. */
import yargs from "yargs"
import { SchemaError } from "../problem.ts"
import { Refusal } from "./refusal.ts"

const say = (lines: ReadonlyArray<string>): void => {
  for (const line of lines) console.log(line)
}

const program = yargs(process.argv.slice(2))
  .scriptName("miren")
  .usage("$0 <command>: operators in TypeScript")
  .command(
    "init <folder>",
    "Writes a small operator: a kind, a reconciler, its tests and its simulation",
    (command) =>
      command
        .positional("folder", {
          type: "string",
          demandOption: true,
          describe: "Made where it is missing; must be empty",
        })
        .option("kind", { type: "string", default: "Greeting", describe: "The name of its kind, CamelCase" })
        .option("group", {
          type: "string",
          default: "example.com",
          describe: "The API group: a domain of yours",
        })
        .option("miren", {
          type: "string",
          describe: "What the project depends on as miren; by default what this is",
        }),
    async ({ folder, kind, group, miren }) => {
      const { init } = await import("./init-command.ts")
      say(await init({ folder, kind, group, ...(miren === undefined ? {} : { miren }) }))
    },
  )
  .command(
    "codegen <inputs..>",
    "Writes types and kind descriptors of CustomResourceDefinitions",
    (command) =>
      command
        .positional("inputs", {
          type: "string",
          array: true,
          demandOption: true,
          describe: "YAML or JSON files, folders of them, or patterns",
        })
        .option("out", { type: "string", demandOption: true, describe: "The folder to write KIND.gen.ts to" })
        .option("check", {
          type: "boolean",
          default: false,
          describe: "Write nothing; fail when something is stale",
        })
        .option("import", {
          type: "string",
          default: "miren/schemas",
          describe: "The module that has Kind and ObjectMeta",
        }),
    async ({ inputs, out, check, import: from }) => {
      const { codegen } = await import("./codegen-command.ts")
      say(await codegen({ inputs, out, check, import: from }))
    },
  )
  .example("$0 init my-operator --kind Website --group example.com", "")
  .example("$0 codegen crds --out src/generated", "")
  .demandCommand(1, "a command is missing")
  .strict()
  .version(false)
  .wrap(Math.min(110, process.stdout.columns ?? 110))
  .fail((message, error) => {
    throw error ?? new Refusal(`${message}\n\`miren --help\` tells what there is`)
  })

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Refusal || error instanceof SchemaError ? error.message : error)
  process.exitCode = 1
}
