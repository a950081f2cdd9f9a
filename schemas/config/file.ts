/** A configuration file as text, made into keys and values with their lines. YAML, of which JSON is a part. */
import type { JsonObject } from "../meta/index.ts"
import type { ConfigError, ConfigFile } from "./resolve.ts"

export type ConfigFileResult =
  | { readonly ok: true; readonly file: ConfigFile }
  | { readonly ok: false; readonly errors: ReadonlyArray<ConfigError> }

/** Never throws. Loads its parser when called: programs without a file do not pay for it. */
export const parseConfigFile = async (path: string, text: string): Promise<ConfigFileResult> => {
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml")
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const errors = document.errors.map(({ pos, message }) => ({
    source: `${path}:${lines.linePos(pos[0]).line}`,
    message: message.split("\n")[0] ?? message,
  }))
  if (errors.length > 0) return { ok: false, errors }
  const { contents } = document
  if (contents === null) return { ok: true, file: { path, values: {}, lineOf: () => undefined } }
  if (!isMap(contents))
    return { ok: false, errors: [{ source: path, message: "is not a mapping of keys to values" }] }
  const places = new Map<string, number>()
  for (const { key } of contents.items)
    if (isScalar(key) && key.range) places.set(String(key.value), lines.linePos(key.range[0]).line)
  try {
    const values: JsonObject = document.toJS({ maxAliasCount: 10 })
    return { ok: true, file: { path, values, lineOf: (key) => places.get(key) } }
  } catch (error) {
    return {
      ok: false,
      errors: [{ source: path, message: error instanceof Error ? error.message : String(error) }],
    }
  }
}
