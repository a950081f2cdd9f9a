import { describe, expect, test } from "vitest"
import { CliFailure } from "../failure.ts"
import { compilePath, compileTemplate } from "./json-path.ts"

const document = {
  kind: "List",
  items: [
    {
      metadata: { name: "a", labels: { app: "x", "example.com/tier": "web" }, annotations: {} },
      spec: { size: 1, ready: true },
      status: {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Scheduled", status: "False" },
        ],
      },
    },
    { metadata: { name: "b", labels: { app: "y" } }, spec: { size: 3, ready: false } },
    { metadata: { name: "c" }, spec: { size: 5 } },
  ],
}

describe("a template", () => {
  test.each([
    ["one field", "{.kind}", "List"],
    ["a path without braces", ".kind", "List"],
    ["the root by $", "{$.kind}", "List"],
    ["an index", "{.items[0].metadata.name}", "a"],
    ["an index from the end", "{.items[-1].metadata.name}", "c"],
    ["every item", "{.items[*].metadata.name}", "a b c"],
    ["a slice", "{.items[0:2].metadata.name}", "a b"],
    ["a slice with a step", "{.items[::2].metadata.name}", "a c"],
    ["a slice to the end", "{.items[1:].metadata.name}", "b c"],
    ["a name in quotes", "{.items[0].metadata.labels['example.com/tier']}", "web"],
    ["a name with escaped dots", "{.items[0].metadata.labels.example\\.com/tier}", "web"],
    ["a union of names", "{.items[0].metadata['name', 'labels']}", 'a {"app":"x","example.com/tier":"web"}'],
    ["a union of indexes", "{.items[0,2].metadata.name}", "a c"],
    ["all values of an object", "{.items[0].spec.*}", "1 true"],
    ["recursive descent", "{..name}", "a b c"],
    ["a filter by text", '{.items[0].status.conditions[?(@.type=="Ready")].status}', "True"],
    ["a filter with single quotes", "{.items[?(@.metadata.labels.app=='y')].metadata.name}", "b"],
    ["a filter by number", "{.items[?(@.spec.size>=3)].metadata.name}", "b c"],
    ["a filter by inequality", '{.items[?(@.metadata.name!="b")].metadata.name}', "a c"],
    ["a filter by boolean", "{.items[?(@.spec.ready==true)].metadata.name}", "a"],
    ["a filter by existence", "{.items[?(@.metadata.labels)].metadata.name}", "a b"],
    [
      "a filter whose text holds a bracket and a comma",
      '{.items[?(@.metadata.name=="]},")].metadata.name}',
      "",
    ],
    ["an object as JSON", "{.items[1].metadata.labels}", '{"app":"y"}'],
    ["what is not there as nothing", "{.items[0].spec.nothing.more}", ""],
    ["literal text around", "kind={.kind}!", "kind=List!"],
    ["quoted text with escapes", '{.kind}{"\\n"}{"\\t}"}', "List\n\t}"],
    ["a range", '{range .items[*]}{.metadata.name}={.spec.size}{"\\n"}{end}', "a=1\nb=3\nc=5\n"],
    [
      "a range in a range",
      "{range .items[*]}{range .status.conditions[*]}{.type};{end}|{end}",
      "Ready;Scheduled;|||",
    ],
    ["the root from within a range", "{range .items[0:1]}{$.kind}{end}", "List"],
    ["the current value", "{range .items[*].metadata.name}<{@}>{end}", "<a><b><c>"],
    ["prototype names are nothing", "{.constructor}{.__proto__}", ""],
  ])("gives %s", (_, template, want) => {
    expect(compileTemplate(template)(document)).toBe(want)
  })

  test.each([
    ["an open brace", "{.kind"],
    ["an open bracket", "{.items[0}"],
    ["range without end", "{range .items[*]}x"],
    ["end without range", "{.kind}{end}"],
    ["what is no selector", "{.items[a b]}"],
    ["a slice that goes nowhere", "{.items[::0]}"],
    ["a filter on a bare word", "{.items[?(name==1)]}"],
  ])("with %s is refused as usage", (_, template) => {
    expect(() => compileTemplate(template)).toThrow(CliFailure)
  })
})

test("a path is taken with braces, without them and without its first dot", () => {
  for (const path of ["{.items[0].spec.size}", ".items[0].spec.size", "items[0].spec.size"])
    expect(compilePath(path)(document)).toEqual([1])
})
