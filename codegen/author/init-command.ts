/** `miren init`: a new project, made of the first example (`examples/operators/01-hello-kind`), which CI runs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { codegen } from "./codegen-command.ts"
import { manifestOf, mirenDependency, packageRoot, projectTsconfig } from "./project-manifest.ts"
import { type ProjectNames, projectNames, renamed } from "./project-names.ts"
import { Refusal } from "./refusal.ts"

export interface InitOptions {
  readonly folder: string
  readonly kind: string
  readonly group: string
  /** What the project depends on as `miren`; by default how this very package was installed. */
  readonly miren?: string
}

const template = join(packageRoot, "examples/operators/01-hello-kind")

/** Paths in the template, without what is generated. */
const templateFiles = (): ReadonlyArray<string> =>
  readdirSync(template, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(template, path)).isFile() && !path.endsWith(".gen.ts"))
    .sort()

/** Every word of the template's sources but its own names. */
const wordsOf = (texts: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => text.match(/[A-Za-z_$][\w$]*/g) ?? []))

const refuseFolder = (folder: string): void => {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isDirectory()) throw new Refusal(`${folder} is no folder: give another name`)
  if (readdirSync(folder).length > 0)
    throw new Refusal(`${folder} is not empty: give another name, or empty it first`)
}

const write = (folder: string, path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

const nextSteps = (folder: string, { kind, project }: ProjectNames): ReadonlyArray<string> => [
  `${project} is there: an operator for the kind ${kind}. Next:`,
  `  cd ${folder}`,
  "  npm install",
  "  npm test         # the operator against a whole API server in this process",
  "  npm run sim      # the same while everything goes wrong",
  "  npm run dev      # an API server in memory to try it on; prints its kubeconfig",
]

/** Writes the project; the lines to tell. Throws Refusal, and then has written nothing. */
export const init = async (options: InitOptions): Promise<ReadonlyArray<string>> => {
  const folder = resolve(options.folder)
  if (!existsSync(template)) throw new Refusal(`the package is not whole: ${template} is missing`)
  const files = templateFiles().map((path) => ({ path, text: readFileSync(join(template, path), "utf8") }))
  const sources = files.filter(({ path }) => path.endsWith(".ts")).map(({ text }) => text)
  const names = projectNames({ ...options, project: basename(folder) }, wordsOf(sources))
  refuseFolder(folder)
  for (const { path, text } of files) write(folder, renamed(path, names), renamed(text, names))
  write(folder, "package.json", json(manifestOf(names.project, options.miren ?? mirenDependency(folder))))
  write(folder, "tsconfig.json", json(projectTsconfig))
  write(folder, ".gitignore", "node_modules/\n.miren/\n")
  await codegen({
    inputs: [join(folder, "crds")],
    out: join(folder, "src/generated"),
    import: "miren/schemas",
    check: false,
  })
  return nextSteps(options.folder, names)
}
