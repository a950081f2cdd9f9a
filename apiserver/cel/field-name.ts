/** Names of fields as expressions must write them. Source: Kubernetes `apiserver/pkg/cel/escaping.go`. */

const reserved = new Set(
  (
    "true false null in as break const continue else for function if import let loop package namespace return var " +
    "void while"
  ).split(" "),
)

const replacements: ReadonlyMap<string, string> = new Map([
  ["__", "__underscores__"],
  [".", "__dot__"],
  ["-", "__dash__"],
  ["/", "__slash__"],
])

/** The name in expressions; undefined when a field of that name cannot be written. */
export const escapeFieldName = (name: string): string | undefined => {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[./-]/g, (part) => replacements.get(part) ?? part)
}
