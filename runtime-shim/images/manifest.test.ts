import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { chainIds, parseConfig, parseIndex, parseJson, parseManifest, selectPlatform } from "./manifest.ts"

const digest = (n: number) => `sha256:${String(n).repeat(64).slice(0, 64)}`

const descriptor = (platform?: { os: string; architecture: string }) => ({
  mediaType: "t",
  digest: digest(1),
  size: 1,
  annotations: {},
  platform,
})

describe("an image's documents", () => {
  it("name stacked layers by the hash of the stack below and the layer", () => {
    const [first, second, third] = chainIds([digest(1), digest(2), digest(3)])
    const hash = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`
    expect(first).toBe(digest(1))
    expect(second).toBe(hash(`${digest(1)} ${digest(2)}`))
    expect(third).toBe(hash(`${second} ${digest(3)}`))
  })
  it("give this machine's image out of an index, and one without a platform to anybody", () => {
    const wanted = descriptor({ os: "linux", architecture: "arm64" })
    const foreign = descriptor({ os: "windows", architecture: "arm64" })
    const open = descriptor()
    expect(selectPlatform([foreign, open, wanted], "arm64")).toBe(wanted)
    expect(selectPlatform([foreign, open], "arm64")).toBe(open)
    expect(selectPlatform([foreign], "arm64")).toBeUndefined()
  })
  it.each([
    ["a digest that is none", { config: { digest: "sha256:zz", size: 1 } }],
    ["a digest that leads elsewhere", { config: { digest: "sha256:../../etc/passwd", size: 1 } }],
    ["a size below zero", { config: { digest: digest(1), size: -1 } }],
    ["a size that is text", { config: { digest: digest(1), size: "1" } }],
    ["layers that are no list", { config: { digest: digest(1), size: 1 }, layers: {} }],
    [
      "more layers than an image may have",
      { config: { digest: digest(1), size: 1 }, layers: Array(600).fill({}) },
    ],
  ])("refuse %s", (_, manifest) => {
    expect(() => parseManifest(manifest)).toThrow(TypeError)
  })
  it("refuse what is no JSON object", () => {
    for (const text of ["", "[]", "null", "{"])
      expect(() => parseJson(Buffer.from(text), "x")).toThrow(TypeError)
  })
  it("tell an index from a manifest", () => {
    expect(parseIndex({ layers: [] })).toBeUndefined()
    expect(parseIndex({ manifests: [] })).toEqual([])
  })
  it("give an image's config with what it leaves out", () => {
    expect(parseConfig({ rootfs: { diff_ids: [digest(1)] } })).toEqual({
      entrypoint: [],
      cmd: [],
      env: [],
      workingDir: "",
      user: "",
      diffIds: [digest(1)],
    })
  })
})
