import { describe, expect, test } from "vitest"
import { parseConfigFile } from "./file.ts"
import { type ConfigSources, configFilePath, resolveServerConfig } from "./resolve.ts"
import { serverOptions } from "./server.gen.ts"

const nothing: ConfigSources = { flags: {}, env: {} }

const fileOf = async (text: string) => {
  const result = await parseConfigFile("miren.yaml", text)
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.file
}

const configOf = (sources: Partial<ConfigSources>) => {
  const result = resolveServerConfig({ ...nothing, ...sources })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result
}

const sourcesOfErrors = (sources: Partial<ConfigSources>) => {
  const result = resolveServerConfig({ ...nothing, ...sources })
  return result.ok ? [] : result.errors.map(({ source }) => source)
}

describe("resolveServerConfig", () => {
  test("gives every default when nobody says anything", () => {
    const { config, origins } = configOf({})
    for (const { name, default: value } of serverOptions)
      if (value !== undefined) expect([name, config[name as keyof typeof config]]).toEqual([name, value])
    expect(new Set(Object.values(origins))).toEqual(new Set(["default"]))
  })

  test("a flag goes before a variable, a variable before the file, the file before the default", async () => {
    const file = await fileOf("listen: 127.0.0.1:3\nstore: memory\nlogLevel: debug\n")
    const env = { MIREN_LISTEN: "127.0.0.1:2", MIREN_STORE: "embedded" }
    const { config, origins } = configOf({ flags: { listen: "127.0.0.1:1" }, env, file })
    expect([config.listen, config.store, config.logLevel]).toEqual(["127.0.0.1:1", "embedded", "debug"])
    expect([origins.listen, origins.store, origins.logLevel, origins.runtime]).toEqual([
      "--listen",
      "MIREN_STORE",
      "miren.yaml:3",
      "default",
    ])
  })

  test.each<[string, Partial<ConfigSources>]>([
    ["with commas in a flag", { flags: { roles: "api,controllers" } }],
    ["by repeating the flag", { flags: { roles: ["api", "controllers"] } }],
    ["with commas and spaces in a variable", { env: { MIREN_ROLES: "api, controllers," } }],
    [
      "as a list in the file",
      { file: { path: "f", values: { roles: ["api", "controllers"] }, lineOf: () => 1 } },
    ],
  ])("a list is given %s", (_, sources) => {
    expect(configOf(sources).config.roles).toEqual(["api", "controllers"])
  })

  test("an empty variable is as good as none", () => {
    expect(configOf({ env: { MIREN_STORE: "" } }).config.store).toBe("etcd")
  })

  test.each<[string, Partial<ConfigSources>, ReadonlyArray<string>]>([
    ["an unknown flag", { flags: { stroe: "memory" } }, ["--stroe"]],
    ["a flag without its value", { flags: { listen: true } }, ["--listen"]],
    ["a flag given twice that is no list", { flags: { store: ["etcd", "memory"] } }, ["--store"]],
    ["a variable that is none of the choices", { env: { MIREN_STORE: "mysql" } }, ["MIREN_STORE"]],
    ["an address without a port", { flags: { listen: "127.0.0.1" } }, ["--listen"]],
    ["a list with a wrong item", { env: { MIREN_ROLES: "api,cook" } }, ["MIREN_ROLES"]],
    ["an empty list where one is needed", { flags: { roles: "" } }, ["--roles"]],
    [
      "endpoints without store etcd",
      { flags: { store: "memory", "etcd-endpoints": "http://a:1" } },
      ["--etcd-endpoints"],
    ],
    ["a certificate without its key", { env: { MIREN_ETCD_CERT_FILE: "a" } }, ["MIREN_ETCD_CERT_FILE"]],
    ["a key without its certificate", { flags: { "etcd-key-file": "a" } }, ["--etcd-key-file"]],
    [
      "two wrong things at once",
      { flags: { store: "x" }, env: { MIREN_RUNTIME: "y" } },
      ["--store", "MIREN_RUNTIME"],
    ],
  ])("refuses %s and says where it came from", (_, sources, want) => {
    expect(sourcesOfErrors(sources)).toEqual(want)
  })

  test.each([
    ["an unknown key", "store: memory\nstroe: etcd\n", ["miren.yaml:2"]],
    ["a key with a wrong type", "\n\nlisten: 6443\n", ["miren.yaml:3"]],
    ["the option that names the file", "config: other.yaml\n", ["miren.yaml:1"]],
  ])("refuses %s in the file and names its line", async (_, text, want) => {
    expect(sourcesOfErrors({ file: await fileOf(text) })).toEqual(want)
  })
})

describe("parseConfigFile", () => {
  test.each([
    ["a syntax error", "store: [memory\n"],
    ["a duplicate key", "store: memory\nstore: etcd\n"],
    ["a list", "- store\n"],
  ])("refuses %s", async (_, text) => {
    expect((await parseConfigFile("miren.yaml", text)).ok).toBe(false)
  })

  test("takes an empty file and JSON", async () => {
    expect((await fileOf("# nothing\n")).values).toEqual({})
    expect((await fileOf('{"store": "memory"}')).values).toEqual({ store: "memory" })
  })
})

test("the configuration file is named by the flag, else by the variable", () => {
  expect(configFilePath({ flags: { config: "a" }, env: { MIREN_CONFIG: "b" } })).toBe("a")
  expect(configFilePath({ flags: {}, env: { MIREN_CONFIG: "b" } })).toBe("b")
  expect(configFilePath(nothing)).toBeUndefined()
})
