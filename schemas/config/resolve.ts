/** The server's configuration from its flags, variables and file. Pure: the caller reads them. Start with {@link resolveServerConfig}. */
import type { Json, JsonObject } from "../meta/index.ts"
import type { ConfigOption } from "./option.ts"
import { type ServerConfig, serverOptions } from "./server.gen.ts"

/** A flag as the command line has it; `true` is a flag without a value. */
export type FlagValue = string | boolean | ReadonlyArray<string>

export interface ConfigFile {
  readonly path: string
  readonly values: JsonObject
  readonly lineOf: (key: string) => number | undefined
}

export interface ConfigSources {
  /** By name without dashes: `data-dir`. */
  readonly flags: { readonly [flag: string]: FlagValue | undefined }
  readonly env: { readonly [variable: string]: string | undefined }
  readonly file?: ConfigFile
}

/** What is wrong, and where it was said: `--listen`, `MIREN_LISTEN` or `miren.yaml:3`. */
export interface ConfigError {
  readonly source: string
  readonly message: string
}

export type ConfigResolution =
  | {
      readonly ok: true
      readonly config: ServerConfig
      /** Where each value came from, by option; `default` where nobody said it. */
      readonly origins: { readonly [name: string]: string }
    }
  | { readonly ok: false; readonly errors: ReadonlyArray<ConfigError> }

/** Flag before variable before file before default. Never throws; all errors at once. */
export const resolveServerConfig = (sources: ConfigSources): ConfigResolution => {
  const errors: ConfigError[] = [...unknownNames(sources)]
  const values: Record<string, Value> = {}
  const origins: Record<string, string> = {}
  for (const option of serverOptions) {
    const said = lookUp(option, sources)
    if (said === undefined) {
      if (option.default === undefined) continue
      values[option.name] = option.default
      origins[option.name] = "default"
      continue
    }
    const parsed = parse(option, said.value)
    if (parsed.ok) values[option.name] = parsed.value
    else errors.push({ source: said.source, message: parsed.message })
    origins[option.name] = said.source
  }
  errors.push(...disagreements(values, origins))
  if (errors.length > 0) return { ok: false, errors }
  // Every field was parsed by the option table that this type was generated with.
  return { ok: true, config: values as unknown as ServerConfig, origins }
}

export const formatConfigError = ({ source, message }: ConfigError): string => `${source}: ${message}`

/** The configuration file that flags or variables name, before it is read. */
export const configFilePath = ({ flags, env }: Pick<ConfigSources, "flags" | "env">): string | undefined => {
  const flag = flags.config
  return typeof flag === "string" ? flag : env.MIREN_CONFIG || undefined
}

type Value = string | number | boolean | ReadonlyArray<string>

interface Said {
  readonly source: string
  readonly value: Json
}

const lookUp = (option: ConfigOption, { flags, env, file }: ConfigSources): Said | undefined => {
  const flag = flags[option.flag]
  if (flag !== undefined) return { source: `--${option.flag}`, value: flag }
  const variable = env[option.env]
  if (variable !== undefined && (variable !== "" || option.default === ""))
    return { source: option.env, value: variable }
  if (file === undefined || !option.inFile || !Object.hasOwn(file.values, option.name)) return undefined
  return { source: placeIn(file, option.name), value: file.values[option.name] ?? null }
}

const placeIn = (file: ConfigFile, key: string): string => {
  const line = file.lineOf(key)
  return line === undefined ? file.path : `${file.path}:${line}`
}

const unknownNames = ({ flags, file }: ConfigSources): ReadonlyArray<ConfigError> => [
  ...Object.keys(flags)
    .filter((flag) => flags[flag] !== undefined && !serverOptions.some((option) => option.flag === flag))
    .map((flag) => ({ source: `--${flag}`, message: "is not an option of the server" })),
  ...Object.keys(file?.values ?? {}).flatMap((key) => {
    if (file === undefined || serverOptions.some((option) => option.inFile && option.name === key)) return []
    const known = serverOptions.filter((option) => option.inFile).map((option) => option.name)
    return [
      {
        source: placeIn(file, key),
        message: `${JSON.stringify(key)} is not a key; keys are ${known.join(", ")}`,
      },
    ]
  }),
]

type Parsed = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string }
const refused = (message: string): Parsed => ({ ok: false, message })

const parse = (option: ConfigOption, said: Json): Parsed => {
  if (option.type === "list") return parseList(option, said)
  if (Array.isArray(said)) return refused("is given more than once")
  if (option.type === "boolean") return parseBoolean(said)
  if (option.type === "integer") return parseInteger(option, said)
  if (typeof said !== "string") return refused(`needs a value, a string${exampleOf(option)}`)
  const wrong = checkText(option, said)
  return wrong === undefined ? { ok: true, value: said } : refused(wrong)
}

const parseList = (option: ConfigOption, said: Json): Parsed => {
  const given = typeof said === "string" ? [said] : said
  if (!Array.isArray(given)) return refused(`needs a value, a list${exampleOf(option)}`)
  const items: string[] = []
  for (const item of given) {
    if (typeof item !== "string") return refused(`${JSON.stringify(item)} is not a string`)
    items.push(...item.split(",").map((part) => part.trim()))
  }
  const values = items.filter((item) => item !== "")
  if (option.minItems !== undefined && values.length < option.minItems) return refused("the list is empty")
  for (const value of values) {
    const wrong = checkText(option, value)
    if (wrong !== undefined) return refused(wrong)
  }
  return { ok: true, value: [...new Set(values)] }
}

const parseBoolean = (said: Json): Parsed => {
  if (typeof said === "boolean") return { ok: true, value: said }
  return said === "true" || said === "false"
    ? { ok: true, value: said === "true" }
    : refused(`${JSON.stringify(said)} is neither true nor false`)
}

const parseInteger = (option: ConfigOption, said: Json): Parsed => {
  const value = typeof said === "string" && /^-?\d+$/.test(said) ? Number(said) : said
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    return refused(`${JSON.stringify(said)} is not a whole number`)
  if (option.minimum !== undefined && value < option.minimum)
    return refused(`${value} is less than ${option.minimum}`)
  if (option.maximum !== undefined && value > option.maximum)
    return refused(`${value} is more than ${option.maximum}`)
  return { ok: true, value }
}

const checkText = (option: ConfigOption, value: string): string | undefined => {
  const shown = JSON.stringify(value)
  if (option.enum !== undefined && !option.enum.includes(value))
    return `${shown} is none of ${option.enum.join(", ")}`
  if (option.minLength !== undefined && value.length < option.minLength) return "is empty"
  if (option.maxLength !== undefined && value.length > option.maxLength)
    return `is longer than ${option.maxLength} characters`
  if (option.pattern !== undefined && !new RegExp(option.pattern).test(value))
    return `${shown} is not of the right form${exampleOf(option)}`
  return undefined
}

const exampleOf = (option: ConfigOption): string =>
  option.example === undefined ? "" : `, e.g. ${option.example}`

/** Options that are right alone and wrong together. */
const disagreements = (
  values: { readonly [name: string]: Value },
  origins: { readonly [name: string]: string },
): ReadonlyArray<ConfigError> => {
  const errors: ConfigError[] = []
  const endpoints = values.etcdEndpoints
  if (Array.isArray(endpoints) && endpoints.length > 0 && values.store !== "etcd")
    errors.push({
      source: origins.etcdEndpoints ?? "default",
      message: `etcd endpoints are for store etcd, and the store is ${String(values.store)} (${origins.store})`,
    })
  for (const [one, other] of [
    ["etcdCertFile", "etcdKeyFile"],
    ["etcdKeyFile", "etcdCertFile"],
  ] as const)
    if (values[one] !== undefined && values[other] === undefined && origins[other] === undefined)
      errors.push({ source: origins[one] ?? "default", message: `${one} needs ${other} beside it` })
  return errors
}
