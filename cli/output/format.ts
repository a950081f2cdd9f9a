/** What `-o` asks for, and objects printed so: yaml, json, name, jsonpath, custom-columns. Tables are another matter. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { CliFailure } from "../failure.ts"
import { arrayAt, isObject, textAt } from "../json.ts"
import { Columns, cellText } from "./columns.ts"
import { compilePath, compileTemplate, formatValue } from "./json-path.ts"

export type OutputFormat =
  | { readonly type: "table"; readonly wide: boolean }
  | { readonly type: "objects"; readonly print: (document: JsonObject) => Promise<string> }

/** Fails with CliFailure Usage. `headers` is for custom columns. */
export const parseFormat = (
  output: string | undefined,
  options: { readonly headers: boolean; readonly managedFields: boolean },
): OutputFormat => {
  if (output === undefined || ["", "table", "wide"].includes(output))
    return { type: "table", wide: output === "wide" }
  const [name = "", ...rest] = output.split("=")
  const argument = rest.join("=")
  const clean = (document: JsonObject): JsonObject =>
    options.managedFields ? document : withoutManagedFields(document)
  switch (name) {
    case "json":
      return { type: "objects", print: async (document) => `${JSON.stringify(clean(document), null, 4)}\n` }
    case "yaml":
      return { type: "objects", print: async (document) => formatYaml(clean(document)) }
    case "name":
      return {
        type: "objects",
        print: async (document) =>
          itemsOf(document)
            .map((item) => `${nameOf(item)}\n`)
            .join(""),
      }
    case "jsonpath": {
      if (argument === "")
        throw new CliFailure("Usage", "-o jsonpath needs a template: -o jsonpath='{.metadata.name}'")
      const template = compileTemplate(argument)
      return { type: "objects", print: async (document) => template(document) }
    }
    case "custom-columns":
      return { type: "objects", print: customColumns(argument, options.headers) }
    default:
      throw new CliFailure(
        "Usage",
        `-o ${output}: formats are table, wide, yaml, json, name, jsonpath=TEMPLATE, custom-columns=NAME:.path,...`,
      )
  }
}

const formatYaml = async (value: Json): Promise<string> => {
  const { stringify } = await import("yaml")
  return stringify(value, { lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false })
}

const itemsOf = (document: JsonObject): ReadonlyArray<JsonObject> =>
  textAt(document, "kind").endsWith("List") && Array.isArray(document.items)
    ? arrayAt(document, "items").filter(isObject)
    : [document]

/** `sandbox.compute.miren.dev/hello` */
export const nameOf = (object: JsonObject): string => {
  const [version, group] = textAt(object, "apiVersion").split("/").reverse()
  const suffix = version === undefined || group === undefined ? "" : `.${group}`
  return `${textAt(object, "kind").toLowerCase()}${suffix}/${textAt(object, "metadata", "name")}`
}

/** Field ownership is a machine's bookkeeping: shown only where it is asked for. */
const withoutManagedFields = (document: JsonObject): JsonObject => {
  if (textAt(document, "kind").endsWith("List") && Array.isArray(document.items))
    return { ...document, items: itemsOf(document).map(withoutManagedFields) }
  if (!isObject(document.metadata)) return document
  const { managedFields, ...metadata } = document.metadata
  return { ...document, metadata }
}

const customColumns = (argument: string, headers: boolean): ((document: JsonObject) => Promise<string>) => {
  if (argument === "")
    throw new CliFailure("Usage", "-o custom-columns needs columns: NAME:.metadata.name,...")
  const columns = argument.split(/,(?![^[]*\])/).map((column) => {
    const separator = column.indexOf(":")
    if (separator < 1)
      throw new CliFailure("Usage", `-o custom-columns: ${JSON.stringify(column)} is not NAME:.path`)
    return { name: column.slice(0, separator), values: compilePath(column.slice(separator + 1)) }
  })
  const layout = new Columns()
  let headed = !headers
  return async (document) => {
    const heading = headed ? [] : [columns.map(({ name }) => name)]
    headed = true
    const rows = itemsOf(document).map((item) =>
      columns.map(({ values }) => cellText(values(item).map(formatValue).join(","))),
    )
    return layout.format([...heading, ...rows])
  }
}
