import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { openSecretsAtRest, secretsAtRest } from "./secrets-at-rest.ts"

const key = (id: string, fill: number) => ({ id, secret: Buffer.alloc(32, fill) })
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8")
const value = Buffer.from('{"data":{"password":"aHVudGVyMg=="}}')

describe("secrets at rest", () => {
  const folder = mkdtempSync(join(tmpdir(), "miren-keys-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("stores nothing readable, and gives back what was stored", () => {
    const box = secretsAtRest([key("a", 1)])
    const stored = box.encryptValue("/registry/core/secrets/default/s", value)
    expect(text(stored)).not.toContain("aHVudGVyMg")
    expect(text(box.decryptValue("/registry/core/secrets/default/s", stored))).toBe(text(value))
  })

  it("never stores the same bytes twice", () => {
    const box = secretsAtRest([key("a", 1)])
    expect(box.encryptValue("k", value)).not.toEqual(box.encryptValue("k", value))
  })

  it("refuses a value that was moved to another key", () => {
    const box = secretsAtRest([key("a", 1)])
    const stored = box.encryptValue("/registry/core/secrets/default/mine", value)
    expect(() => box.decryptValue("/registry/core/secrets/default/yours", stored)).toThrow()
  })

  it("reads what an older key wrote, and writes with the newest", () => {
    const old = secretsAtRest([key("a", 1)]).encryptValue("k", value)
    const rotated = secretsAtRest([key("b", 2), key("a", 1)])
    expect(text(rotated.decryptValue("k", old))).toBe(text(value))
    expect(() => secretsAtRest([key("a", 1)]).decryptValue("k", rotated.encryptValue("k", value))).toThrow()
  })

  it("lets through what was stored before encryption was on", () => {
    expect(text(secretsAtRest([key("a", 1)]).decryptValue("k", value))).toBe(text(value))
  })

  it("makes a key file that only its owner reads, and uses the same one again", async () => {
    const path = join(folder, "pki", "secrets.keys")
    const first = await Effect.runPromise(openSecretsAtRest(path))
    const again = await Effect.runPromise(openSecretsAtRest(path))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(text(again.decryptValue("k", first.encryptValue("k", value)))).toBe(text(value))
  })

  it("names the line of a key file that is no key, and never its content", async () => {
    const path = join(folder, "broken.keys")
    writeFileSync(path, "key1 c2hvcnQ=\n")
    const error = await Effect.runPromise(Effect.flip(openSecretsAtRest(path)))
    expect(error.message).toContain("broken.keys:1")
    expect(error.message).not.toContain("c2hvcnQ")
  })
})
