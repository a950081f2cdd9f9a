import { join } from "node:path"
import { test } from "vitest"
import { expectGolden } from "../test/golden/expect-golden.ts"
import { referencePage } from "./reference-page.ts"

test("the reference page of mctl is fresh", () => {
  expectGolden(join(import.meta.dirname, "../docs/reference/mctl.md"), referencePage())
})
