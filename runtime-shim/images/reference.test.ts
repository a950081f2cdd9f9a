import { describe, expect, it } from "vitest"
import { parseReference } from "./reference.ts"

const DIGEST = `sha256:${"a".repeat(64)}`

describe("an image reference", () => {
  it.each([
    ["busybox", "https://registry-1.docker.io", "library/busybox", "latest"],
    ["busybox:1", "https://registry-1.docker.io", "library/busybox", "1"],
    ["team/app:2", "https://registry-1.docker.io", "team/app", "2"],
    ["docker.io/team/app", "https://registry-1.docker.io", "team/app", "latest"],
    ["ghcr.io/team/deep/app:v1.2", "https://ghcr.io", "team/deep/app", "v1.2"],
    ["localhost/app", "http://localhost", "app", "latest"],
    ["localhost:5000/app:1", "http://localhost:5000", "app", "1"],
    ["127.0.0.1:5000/team/app:1", "http://127.0.0.1:5000", "team/app", "1"],
    ["[::1]:5000/app", "http://[::1]:5000", "app", "latest"],
    ["127.0.0.1.evil.test/app", "https://127.0.0.1.evil.test", "app", "latest"],
  ])("%s is at %s, %s:%s", (text, base, repository, tag) => {
    expect(parseReference(text)).toMatchObject({ base, repository, tag })
  })
  it("may name a digest", () => {
    expect(parseReference(`ghcr.io/a/b:1@${DIGEST}`)).toMatchObject({ tag: "1", digest: DIGEST })
  })
  it.each([
    "",
    "Upper/Case",
    "a b",
    "a/../b",
    "a:b:c",
    "app@sha256:12",
    "http://x/y",
    `a/${"b".repeat(600)}`,
  ])("%s is none", (text) => expect(parseReference(text)).toBeUndefined())
})
