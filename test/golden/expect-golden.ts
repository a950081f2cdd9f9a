/** A text compared with the file that has it right; `GOLDEN_UPDATE=1` writes the file, and its diff is reviewed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { expect } from "vitest"

export const expectGolden = (file: string, text: string): void => {
  if (process.env.GOLDEN_UPDATE !== undefined) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  expect(text, `${file} (GOLDEN_UPDATE=1 writes it)`).toBe(existsSync(file) ? readFileSync(file, "utf8") : undefined)
}
