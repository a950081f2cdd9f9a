/** The package.json and tsconfig.json of a new project, and how it depends on this package. */
import { existsSync, readFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import type { JsonObject } from "../../schemas/index.ts"
import { isObject } from "../source.ts"

/** The versions that the template is tested with: those of this repository. */
export const toolVersions = {
  effect: "4.1.0",
  typescript: "7.0.2",
  vitest: "5.1.1",
  "@types/node": "26.6.6",
} as const

/** Of this package: where package.json is, in a checkout as in what is published. */
export const packageRoot = resolve(import.meta.dirname, "../..")

const readManifest = (folder: string): JsonObject => {
  const path = join(folder, "package.json")
  if (!existsSync(path)) return {}
  const value: unknown = JSON.parse(readFileSync(path, "utf8"))
  return isObject(value as JsonObject) ? (value as JsonObject) : {}
}

const dependencyIn = (manifest: JsonObject, name: string): string | undefined => {
  for (const field of ["dependencies", "devDependencies"]) {
    const all = manifest[field]
    if (isObject(all ?? null) && isObject(all as JsonObject)) {
      const found = (all as JsonObject)[name]
      if (typeof found === "string") return found
    }
  }
  return undefined
}

/** How this very package was installed, for a project in `folder`: by the same file, else by its version. */
export const mirenDependency = (folder: string): string => {
  const modules = dirname(packageRoot)
  const owner = dirname(modules)
  const spec = basename(modules) === "node_modules" ? dependencyIn(readManifest(owner), "miren") : undefined
  if (spec?.startsWith("file:")) return `file:${relative(folder, resolve(owner, spec.slice("file:".length)))}`
  const { version } = readManifest(packageRoot)
  const packed = join(packageRoot, "dist", `miren-${String(version)}.tgz`)
  if (spec === undefined && existsSync(packed)) return `file:${relative(folder, packed)}`
  return spec ?? `^${String(version)}`
}

export const manifestOf = (project: string, miren: string): JsonObject => ({
  name: project,
  version: "0.1.0",
  private: true,
  type: "module",
  engines: { node: ">=24" },
  scripts: {
    start: "node src/main.ts",
    dev: "node --watch-path=src src/main.ts --memory",
    test: "vitest run --exclude test/simulation.test.ts",
    sim: "vitest run test/simulation.test.ts",
    codegen: "miren codegen crds --out src/generated",
    check: "tsc && miren codegen crds --out src/generated --check",
  },
  dependencies: { effect: toolVersions.effect, miren },
  devDependencies: {
    "@types/node": toolVersions["@types/node"],
    typescript: toolVersions.typescript,
    vitest: toolVersions.vitest,
  },
})

export const projectTsconfig: JsonObject = {
  compilerOptions: {
    target: "esnext",
    module: "nodenext",
    lib: ["esnext"],
    types: ["node"],
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
  include: ["src", "test"],
}
