/**
 * A test file run in namespaces of its own.
 *
 * The file calls {@link inOwnNamespaces}; from outside that registers one test, which runs the same file again inside.
 */
import { join } from "node:path"
import { expect, test } from "vitest"
import { REPOSITORY, runIsolated } from "./own-namespaces.ts"

const INSIDE = "MIREN_TEST_NAMESPACES"

export interface NamespaceOptions {
  /** The test file itself: `import.meta.filename`. */
  readonly file: string
  /** The vitest project that it belongs to. */
  readonly project: "conformance" | "e2e"
  readonly timeoutMs: number
}

/** Registers `body`'s tests where the file runs inside; outside, the one test that runs it there. Needs root. */
export const inOwnNamespaces = ({ file, project, timeoutMs }: NamespaceOptions, body: () => void): void => {
  if (process.env[INSIDE] === "inside") {
    body()
    return
  }
  test(
    "passes in namespaces of its own",
    async ({ signal }) => {
      expect(process.geteuid?.(), "this test needs root").toBe(0)
      const vitest = join(REPOSITORY, "node_modules/vitest/vitest.mjs")
      const command = [process.execPath, vitest, "run", "--project", project, "--no-color", file]
      const { code, stdout, stderr } = await runIsolated({ command, signal, env: { [INSIDE]: "inside" } })
      console.log(stdout + stderr)
      expect(code, `${stdout}${stderr}`.slice(-4000)).toBe(0)
    },
    timeoutMs,
  )
}
