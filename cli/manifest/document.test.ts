import { describe, expect, test } from "vitest"
import { maxDocuments } from "../limits.ts"
import { parseManifest } from "./document.ts"
import { formatProblem } from "./problem.ts"

const first = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\n"
const sandbox = "apiVersion: compute.miren.dev/v1alpha1\nkind: Sandbox\nmetadata:\n  name: hello\n"

const problemsOf = (text: string): ReadonlyArray<string> =>
  parseManifest("a.yaml", text).problems.map(formatProblem)

const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefgh"]
  .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefgh"[index]}`).join(",")}]`)
  .join("\n")}\n`

describe("a manifest", () => {
  test("is its documents, numbered as they stand; empty ones are left out", () => {
    const { documents, problems } = parseManifest("a.yaml", `---\n${first}# nothing\n---\n${sandbox}`)
    expect(problems).toEqual([])
    expect(documents.map(({ index, object }) => [index, object.kind])).toEqual([
      [1, "ConfigMap"],
      [3, "Sandbox"],
    ])
  })

  test("may be JSON, and a List whose items are documents", () => {
    const item = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }
    const { documents } = parseManifest(
      "a.json",
      JSON.stringify({ kind: "List", apiVersion: "v1", items: [item, item] }),
    )
    expect(documents.map(({ object }) => object)).toEqual([item, item])
  })

  test("keeps yes, no, dates and octal-looking numbers as YAML 1.2 has them", () => {
    const { documents } = parseManifest(
      "a.yaml",
      `${first}${sandbox}data: {a: no, b: 2024-01-01, c: 0777, d: 12:30}\n`,
    )
    expect(documents[1]?.object.data).toEqual({ a: "no", b: "2024-01-01", c: 777, d: "12:30" })
  })

  test("has keys that are names of prototypes as plain keys", () => {
    const { documents } = parseManifest("a.yaml", `${sandbox}spec: {__proto__: {x: 1}, constructor: 2}\n`)
    expect(JSON.stringify(documents[0]?.object.spec)).toBe('{"__proto__":{"x":1},"constructor":2}')
  })

  test.each<[string, string, ReadonlyArray<string | RegExp>]>([
    ["a syntax error", `${first}kind: [unclosed\nmetadata: {`, [/^a\.yaml:[56]: document 2: YAML syntax: /]],
    ["a tab", `${first}kind: Sandbox\nmetadata:\n\tname: x\n`, [/^a\.yaml:7: document 2: YAML syntax: /]],
    [
      "a duplicate key",
      `${first}${sandbox}spec:\n  a: 1\n  b: 2\n  a: 3\n`,
      ["a.yaml:12: document 2: spec.a: duplicate key, first on line 10"],
    ],
    ["an alias bomb", bomb, [/^a\.yaml:1: document 1: its aliases expand/]],
    [
      "an alias to nothing",
      `${sandbox}spec: *none\n`,
      ["a.yaml:5: document 1: spec: *none is no anchor before this"],
    ],
    ["text alone", "just text\n", ["a.yaml:1: document 1: is not a mapping of fields"]],
    ["no kind", "apiVersion: v1\nmetadata: {name: x}\n", ["a.yaml:1: document 1 (x): kind: is missing"]],
    [
      "no name",
      "apiVersion: v1\nkind: Secret\nmetadata:\n  labels: {}\n",
      ["a.yaml:3: document 1 (Secret): metadata.name: is missing"],
    ],
    [
      "a name that would be another path",
      `apiVersion: v1\nkind: Secret\nmetadata: {name: ..}\n`,
      [/metadata\.name: "\.\." is not a name$/],
    ],
    [
      "a number as a name",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: 7}\n",
      [/:3: .*metadata\.name: must be text/],
    ],
    [
      "infinity",
      `${sandbox}spec: {size: .inf}\n`,
      ["a.yaml:5: document 1: spec.size: is not a number that JSON has"],
    ],
    [
      "endless nesting",
      `${sandbox}spec: ${"[".repeat(200)}${"]".repeat(200)}\n`,
      [/^a\.yaml:5: document 1: spec\[0\].* is nested more than/],
    ],
    ["nesting that would break a parser", `${sandbox}spec: ${"[".repeat(100_000)}\n`, [/^a\.yaml/]],
    ["too many documents", "a: 1\n---\n".repeat(maxDocuments + 1), [/^a\.yaml: has more than/]],
  ])("with %s is refused where it stands", (_, text, want) => {
    const [problem = "", ...more] = problemsOf(text)
    for (const one of want)
      expect(problem).toEqual(typeof one === "string" ? one : expect.stringMatching(one))
    expect(more.length).toBeLessThan(2)
  })
})

describe("a problem at a field", () => {
  const text = `${first}${sandbox}spec:
  containers:
    - name: web
      image: x
      env:
        - {name: A, value: 1}
    - name: other
data:
  a.b/c: 1
`
  const at = (field: string): string => {
    const document = parseManifest("a.yaml", text).documents[1]
    return document === undefined ? "" : formatProblem(document.problem(field, "no"))
  }

  test.each([
    ["spec.containers[0].image", "a.yaml:12: document 2 (Sandbox hello): spec.containers[0].image: no"],
    [".spec.containers[0].image", "a.yaml:12: document 2 (Sandbox hello): spec.containers[0].image: no"],
    [
      '.spec.containers[name="web"].image',
      "a.yaml:12: document 2 (Sandbox hello): spec.containers[0].image: no",
    ],
    [
      'spec.containers[name="other"].image',
      "a.yaml:15: document 2 (Sandbox hello): spec.containers[1].image: no",
    ],
    [
      "spec.containers[0].env[0].value",
      "a.yaml:14: document 2 (Sandbox hello): spec.containers[0].env[0].value: no",
    ],
    ["spec.containers[5].image", "a.yaml:10: document 2 (Sandbox hello): spec.containers[5].image: no"],
    ["spec.nothing.more", "a.yaml:9: document 2 (Sandbox hello): spec.nothing.more: no"],
    ["data.a.b/c", "a.yaml:17: document 2 (Sandbox hello): data[a.b/c]: no"],
    ["data[a.b/c]", "a.yaml:17: document 2 (Sandbox hello): data[a.b/c]: no"],
    ["metadata.name", "a.yaml:8: document 2 (Sandbox hello): metadata.name: no"],
    ["", "a.yaml:5: document 2 (Sandbox hello): no"],
  ])("%s is told with its line", (field, want) => {
    expect(at(field)).toBe(want)
  })
})
