import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { indexTar, type TarIndex } from "./tar-index.ts"
import { writeTar } from "./tar-writer.ts"

const directories: Array<string> = []

const scratch = () => {
  const directory = mkdtempSync(join(tmpdir(), "tar-"))
  directories.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

const withIndex = async (tar: Buffer, body: (index: TarIndex) => Promise<void>) => {
  const path = join(scratch(), "x.tar")
  writeFileSync(path, tar)
  const file = await open(path, "r")
  try {
    await body(await indexTar(file))
  } finally {
    await file.close()
  }
}

const refused = async (tar: Buffer): Promise<string> => {
  const caught: unknown = await withIndex(tar, async () => {}).catch((error: unknown) => error)
  return caught instanceof Error ? caught.message : "it was accepted"
}

const text = async (index: TarIndex, name: string) => (await index.read(name, 1_000_000)).toString()

describe("a tar that we write", () => {
  it("is the same bytes for the same files", () => {
    const files = {
      a: { content: "1" },
      b: { type: "directory" },
      c: { type: "symlink", target: "a" },
    } as const
    expect(writeTar(files).equals(writeTar(files))).toBe(true)
  })
  it("is read by tar with its modes, links and long paths", () => {
    const long = `${"d".repeat(90)}/${"e".repeat(80)}/f`
    const tar = writeTar({
      "bin/run": { content: "x", mode: 0o755 },
      link: { type: "symlink", target: "bin/run" },
      dir: { type: "directory", mode: 0o1777 },
      [long]: { content: "y" },
    })
    const listed = execFileSync("tar", ["-tvf", "-"], { input: tar, encoding: "utf8" })
    expect(listed).toMatch(/^-rwxr-xr-x .* bin\/run$/m)
    expect(listed).toMatch(/^lrwxrwxrwx .* link -> bin\/run$/m)
    expect(listed).toMatch(/^drwxrwxrwt .* dir\/$/m)
    expect(listed).toContain(long)
  })
  it("refuses a path that no header holds", () => {
    expect(() => writeTar({ ["x".repeat(300)]: { content: "" } })).toThrow(RangeError)
  })
})

describe("the table of a tar", () => {
  it("finds files by their cleaned path, and through a link", async () => {
    const tar = writeTar({
      "./a/b": { content: "one" },
      "c/layer.tar": { type: "symlink", target: "../a/b" },
    })
    await withIndex(tar, async (index) => {
      expect(await text(index, "a/b")).toBe("one")
      expect(await text(index, "c/layer.tar")).toBe("one")
      expect(index.find("nothing")).toBeUndefined()
    })
  })
  it.each(["gnu", "pax"])("knows the long names of %s", async (format) => {
    const directory = scratch()
    const long = `${"long-".repeat(30)}name`
    mkdirSync(join(directory, "in"))
    writeFileSync(join(directory, "in", long), "found")
    const tar = execFileSync("tar", [`--format=${format}`, "-cf", "-", "-C", directory, "in"])
    await withIndex(tar, async (index) => expect(await text(index, `in/${long}`)).toBe("found"))
  })
  it("does not read more of a file than it may", async () => {
    await withIndex(writeTar({ a: { content: "12345" } }), async (index) => {
      await expect(index.read("a", 4)).rejects.toThrow(RangeError)
    })
  })
  it("refuses what is no tar, and one that is cut", async () => {
    const tar = writeTar({ a: { content: "x".repeat(2000) } })
    expect(await refused(Buffer.from("x".repeat(2000)))).toContain("not a tar")
    expect(await refused(tar.subarray(0, 1024))).toContain("ends in the middle")
    const broken = Buffer.from(tar)
    broken[3] = 7
    expect(await refused(broken)).toContain("broken at byte 0")
  })
  it("refuses a size that the file does not have", async () => {
    const tar = writeTar({ a: { content: "x" } })
    const header = Buffer.from(tar)
    header.write("77777777777\0", 124)
    header.write("        ", 148)
    const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
    expect(await refused(header)).toContain("ends in the middle")
  })
})
