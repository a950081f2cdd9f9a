import { resolve } from "node:path"
import { expect, test } from "vitest"
import { generateApiReference } from "./api-reference.ts"
import { staleFiles } from "./output-files.ts"

const root = resolve(import.meta.dirname, "..")
const pages = generateApiReference(root)

test("the reference of the doors is the one that is committed", () => {
  expect(staleFiles(root, pages)).toEqual([])
})

test.each([
  ["reconciler.md", "export const Controller = { make, fromPromise }"],
  ["reconciler.md", "The conditions with this one stated."],
  ["reconciler.md", "): ReadonlyArray<Condition>\n```"],
  ["reconciler-simulation.md", "export interface Scenario<Env = never> {"],
  ["reconciler-webhooks.md", "## serveWebhooks"],
  ["client.md", "## makeClient"],
  ["daemon.md", "export const Server = { run, memory }"],
])("%s says: %s", (page, words) => {
  expect(pages.get(`docs/operators/reference/${page}`)).toContain(words)
})

test("no export is left without a word or a signature", () => {
  const bare = [...pages].flatMap(([page, text]) =>
    text
      .split(/^## /m)
      .slice(1)
      .filter((section) => section.trim().split("\n").length < 2)
      .map((section) => `${page}: ${section.trim()}`),
  )
  expect(bare).toEqual([])
})
