import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openArchive } from "./archive.ts"
import { buildImageTar } from "./build-image.ts"
import { writeTar } from "./tar-writer.ts"

let directory = ""
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "image-"))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const read = (tar: Buffer) => {
  const path = join(directory, "image.tar")
  writeFileSync(path, tar)
  return Effect.runPromiseExit(Effect.scoped(openArchive(path)))
}

const recipe = {
  reference: "hello:1",
  files: { "bin/hello": { content: "hi", mode: 0o755 } },
  config: { entrypoint: ["/bin/hello"], env: ["A=1"], user: "1000" },
} as const

describe("an image that we build", () => {
  it("is the same bytes for the same recipe", () => {
    expect(buildImageTar(recipe).equals(buildImageTar(recipe))).toBe(true)
  })
  it("is read back with its name, its config and its one layer", async () => {
    const exit = await read(buildImageTar(recipe))
    if (exit._tag === "Failure") throw new Error(String(exit.cause))
    const [image] = exit.value
    expect(image?.reference).toBe("hello:1")
    expect(image?.parts.config.parsed).toMatchObject({
      entrypoint: ["/bin/hello"],
      env: ["A=1"],
      user: "1000",
    })
    expect(image?.parts.layers.map(({ digest }) => digest)).toEqual(image?.parts.config.parsed.diffIds)
  })
})

describe("an archive", () => {
  it.each([
    ["without an index", writeTar({ a: { content: "x" } })],
    [
      "whose index names what it has not",
      writeTar({
        "index.json": {
          content: JSON.stringify({ manifests: [{ digest: `sha256:${"a".repeat(64)}`, size: 1 }] }),
        },
      }),
    ],
    ["whose index is no JSON", writeTar({ "index.json": { content: "{" } })],
    [
      "of docker save that names a config it has not",
      writeTar({ "manifest.json": { content: '[{"Config":"x.json"}]' } }),
    ],
    ["that is empty", Buffer.alloc(0)],
  ])("%s is refused", async (_, tar) => {
    const exit = await read(tar)
    expect(exit._tag).toBe("Failure")
    expect(String(exit._tag === "Failure" ? exit.cause : "")).toContain("cannot be read")
  })
  it.each(['"config":{"mediaType"', '"type":"layers"'])(
    "whose document with %s is not what its digest says is refused",
    async (words) => {
      const tar = buildImageTar(recipe)
      tar.write("x", tar.indexOf(words))
      expect((await read(tar))._tag).toBe("Failure")
    },
  )
})
