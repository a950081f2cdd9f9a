import { describe, expect, it } from "vitest"
import type { KubeObject } from "../schemas/index.ts"
import { fieldSelectorMatches, labelSelectorMatches } from "./selector-match.ts"

const object = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "ns", labels: { app: "web", tier: "front", empty: "" } },
  spec: { nodeName: "n1", replicas: 3 },
} as KubeObject

describe("a label selector", () => {
  const rows: ReadonlyArray<[string, boolean | undefined]> = [
    ["app=web", true],
    ["app==web,tier=front", true],
    ["app=web,tier=back", false],
    ["app!=web", false],
    ["other!=web", true],
    ["app", true],
    ["!app", false],
    ["!other", true],
    ["app in (web, db)", true],
    ["app in (db),tier", false],
    ["app notin (db)", true],
    ["other notin (db)", true],
    ["other in (db)", false],
    ["empty=", true],
    ["toString", false],
    ["a b c", undefined],
  ]
  it.each(rows)("%s", (selector, expected) => {
    expect(labelSelectorMatches(selector, object)).toBe(expected)
  })
})

describe("a field selector", () => {
  const rows: ReadonlyArray<[string, boolean | undefined]> = [
    ["metadata.name=p", true],
    ["metadata.namespace!=ns", false],
    ["spec.nodeName=n1,metadata.name==p", true],
    ["spec.nodeName=", false],
    ["spec.other=", true],
    ["spec.replicas=3", true],
    ["nonsense", undefined],
  ]
  it.each(rows)("%s", (selector, expected) => {
    expect(fieldSelectorMatches(selector, object)).toBe(expected)
  })
})
