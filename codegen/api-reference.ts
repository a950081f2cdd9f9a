/** The reference of the doors for authors of operators: each export with its doc comment, out of the sources. Start with {@link generateApiReference}. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Outputs } from "./generate.ts"

const doors: ReadonlyArray<{ readonly folder: string; readonly door: string }> = [
  { folder: "reconciler", door: "miren/reconciler" },
  { folder: "reconciler/webhooks", door: "miren/reconciler/webhooks" },
  { folder: "simulation", door: "miren/reconciler/simulation" },
  { folder: "client", door: "miren/client" },
  { folder: "daemon", door: "miren/daemon" },
]

interface Export {
  readonly name: string
  /** The file that declares it, from the root. */
  readonly file: string
}

interface Declaration {
  readonly doc: string
  readonly signature: string
}

/** What a door exports, in its order: `export { a, type B } from "./x.ts"` and `export * from "./x.ts"`. */
const exportsOf = (root: string, folder: string): ReadonlyArray<Export> => {
  const text = readFileSync(join(root, folder, "index.ts"), "utf8")
  const found: Export[] = []
  for (const [, names, from = ""] of text.matchAll(
    /^export (?:type )?(?:\{([^}]*)\}|\*) from "\.\/([^"]+)"/gm,
  )) {
    const file = join(folder, from)
    if (from.endsWith("/index.ts")) {
      const asked = names?.split(",").map((name) => name.trim().replace(/^type /, ""))
      const inner = exportsOf(root, join(folder, dirname(from)))
      found.push(...inner.filter(({ name }) => asked?.includes(name) ?? true))
      continue
    }
    const listed =
      names?.split(",").map((name) => name.trim().replace(/^type /, "")) ?? declaredIn(root, file)
    for (const name of listed.filter((one) => one !== "")) found.push({ name, file })
  }
  return found
}

const declaredIn = (root: string, file: string): ReadonlyArray<string> =>
  [
    ...readFileSync(join(root, file), "utf8").matchAll(
      /^export (?:abstract )?(?:const|class|interface|type|function) (\w+)/gm,
    ),
  ].map((match) => String(match[1]))

/** The declarations of the name, type and value, each with the doc comment right before it. */
const declarationsOf = (root: string, { name, file }: Export): ReadonlyArray<Declaration> => {
  const text = readFileSync(join(root, file), "utf8")
  const declared = new RegExp(
    `^export (?:abstract )?(?:const|class|interface|type|function) ${name}\\b`,
    "gm",
  )
  return [...text.matchAll(declared)].map(({ index }) => {
    const doc = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(text.slice(0, index))?.[1] ?? ""
    return { doc: docText(doc), signature: signatureOf(text.slice(index)) }
  })
}

const docText = (comment: string): string =>
  comment
    .replaceAll(/^[ \t]*\* ?/gm, "")
    .trim()
    .replaceAll(/\{@link ([\w.]+)\}/g, "`$1`")
    .replaceAll("@example\n", "")

/** Of an interface or a type all of it; of what has a body, what stands before it. */
const signatureOf = (text: string): string => {
  const [first = ""] = text.split("\n", 1)
  if (/^export const \w+ = \{/.test(first)) return membersOf(text)
  const end = /^export (?:interface|type)/.test(first) ? endOfType(text) : endOfHead(text)
  return text
    .slice(0, end)
    .trim()
    .replace(/\s*(?:=> \(|=>|=|\{|<|\()$/, "")
    .replace(/\s*=>$/, "")
}

/** Of an object its members, by name. */
const membersOf = (text: string): string => {
  const body = text.slice(text.indexOf("{") + 1, text.search(/\}\n/m))
  const whole = text.slice(0, text.search(/^\}/m))
  const isOneLine = !body.includes("\n")
  const names = isOneLine
    ? body.split(",").map((part) => part.split(":")[0]?.trim() ?? "")
    : [...whole.matchAll(/^ {2}(\w+)(?=[:,(])/gm)].map((match) => String(match[1]))
  const [head = ""] = text.split("=", 1)
  return `${head.trim()} = { ${names.filter((name) => name !== "").join(", ")} }`
}

/** A type ends at the next line that begins something else. */
const endOfType = (text: string): number => {
  const end = text.search(/\n(?=\n|\/\*\*|export |const |interface |type )/)
  const close = text.search(/^\}/m)
  return text.startsWith("export interface") && close !== -1 ? close + 1 : end === -1 ? text.length : end
}

/** A head ends where the body begins. */
const endOfHead = (text: string): number => {
  const found = text.search(/=>\n|=> \{\n|\{\n|=> \(\n|= \n|=\n|\)\n(?=\S)|=> (?=\S)(?=[^\n]*\n\n)/)
  const line = text.indexOf("\n")
  if (found === -1) return line === -1 ? text.length : line
  return /^=>/.test(text.slice(found)) ? found : found + 1
}

const pageOf = (root: string, { folder, door }: (typeof doors)[number]): string => {
  const unique = new Map(exportsOf(root, folder).map((each) => [each.name, each]))
  const sections = [...unique.values()].map((each) => {
    const parts = declarationsOf(root, each).map(({ doc, signature }) => {
      const code = signature === "" ? "" : `\n\`\`\`ts\n${signature}\n\`\`\`\n`
      return `${doc === "" ? "" : `\n${doc}\n`}${code}`
    })
    return `## ${each.name}\n${parts.join("")}`
  })
  return `<!-- Generated by \`npm run codegen\` from ${folder}: edit that, not this. -->
# ${door}

${sections.join("\n")}`
}

/** One page for each door. */
export const generateApiReference = (root: string): Outputs =>
  new Map(
    doors.map((each) => {
      const page = each.door.replace(/^miren\//, "").replaceAll("/", "-")
      return [`docs/operators/reference/${page}.md`, pageOf(root, each)]
    }),
  )
