/**
 * `make release`: a package that installs with npm. Node strips no types under node_modules, so what is published is compiled:
 * JavaScript with declarations, the schemas, `bin/mctl` and `bin/miren`.
 */
import { execFileSync } from "node:child_process"
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fail, root, say } from "./checkout.ts"

const dist = join(root, "dist")
const target = join(dist, "package")

interface Manifest {
  readonly exports: { readonly [door: string]: string }
  readonly [field: string]: unknown
}

/** The same doors, compiled; nothing that only a checkout needs. */
const publishedManifest = (manifest: Manifest): object => {
  const { devDependencies: _dev, scripts: _scripts, exports: doors, ...rest } = manifest
  const compiled = Object.entries(doors).map(([door, path]) => {
    const stem = path.replace(/\.ts$/, "")
    return [door, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  return { ...rest, exports: Object.fromEntries(compiled) }
}

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
try {
  execFileSync("tsc", ["-p", "tsconfig.release.json"], { cwd: root, stdio: "inherit" })
} catch {
  fail("the sources do not compile: see above")
}
/** What is published beside the compiled sources: `miren init` copies the first example. */
const plainFiles = [
  "bin/mctl",
  "bin/miren",
  "README.md",
  "LICENSE",
  ...globSync("schemas/**/*.yaml", { cwd: root }),
  ...globSync("examples/operators/01-hello-kind/**/*.*", { cwd: root }),
]
for (const file of plainFiles) {
  mkdirSync(dirname(join(target, file)), { recursive: true })
  cpSync(join(root, file), join(target, file))
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest
writeFileSync(join(target, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", dist], {
  cwd: target,
  encoding: "utf8",
})
say(`dist/${packed.trim()}`)
