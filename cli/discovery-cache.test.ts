import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeEach, describe, expect, onTestFinished, test } from "vitest"
import { mctl, type Routes } from "./testing/fake-server.ts"

const empty = { body: { kind: "Table", columnDefinitions: [], rows: [] } }
const routes: Routes = {
  "GET /apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes": empty,
  "GET /api/v1/namespaces/default/configmaps": empty,
}

let cacheFolder = ""
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), "mctl-cache-"))
  const made = cacheFolder
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
})

const discoveries = async (words: string): Promise<number> => {
  const { requests } = await mctl(words.split(" "), { routes, cacheFolder })
  return requests.filter(({ line }) => line === "GET /api" || line === "GET /apis").length
}
const cacheFile = (): string => join(cacheFolder, readdirSync(cacheFolder)[0] ?? "")

describe("what a server serves", () => {
  test("is asked for once, and remembered", async () => {
    expect([
      await discoveries("get sb"),
      await discoveries("get sb"),
      await discoveries("get configmaps"),
    ]).toEqual([2, 0, 0])
  })

  test("is asked for again for a word that is not remembered", async () => {
    await discoveries("get sb")
    expect(await discoveries("get castles")).toBe(2)
  })

  test("is asked for again for a category, which a new kind may have joined", async () => {
    await discoveries("get sb")
    expect(await discoveries("get miren")).toBe(2)
  })

  test("is asked for again when it is old", async () => {
    await discoveries("get sb")
    utimesSync(cacheFile(), new Date(0), new Date(0))
    expect(await discoveries("get sb")).toBe(2)
  })

  test.each(["", "[{}]", "{", '[{"group": 7}]'])(
    "is asked for again when the file holds %j",
    async (text) => {
      await discoveries("get sb")
      writeFileSync(cacheFile(), text)
      expect(await discoveries("get sb")).toBe(2)
    },
  )

  test("is not remembered where there is no place for it", async () => {
    writeFileSync(join(cacheFolder, "file"), "")
    cacheFolder = join(cacheFolder, "file", "inside")
    expect([await discoveries("get sb"), await discoveries("get sb")]).toEqual([2, 2])
  })
})
