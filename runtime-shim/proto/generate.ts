/**
 * Generates the clients of `containerd/*.proto` beside them, as `*.gen.ts`. Run by `npm run codegen:proto`; needs no network.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const here = import.meta.dirname
const bin = join(here, "../../node_modules/.bin")
const scratch = mkdtempSync(join(tmpdir(), "proto-"))

const template = {
  version: "v2",
  plugins: [
    {
      local: join(bin, "protoc-gen-es"),
      out: scratch,
      opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
    },
  ],
}

try {
  execFileSync(join(bin, "buf"), ["generate", "--template", JSON.stringify(template)], {
    cwd: here,
    stdio: "inherit",
    env: { ...process.env, BUF_CACHE_DIR: join(scratch, "cache"), HOME: scratch },
  })
  const target = join(here, "containerd")
  mkdirSync(dirname(target), { recursive: true })
  for (const name of readdirSync(join(scratch, "containerd"))) {
    const source = readFileSync(join(scratch, "containerd", name), "utf8")
    writeFileSync(
      join(target, name.replace(/_pb\.ts$/, ".gen.ts")),
      source.replaceAll(/(from "\.[^"]*)_pb\.ts"/g, '$1.gen.ts"'),
    )
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
