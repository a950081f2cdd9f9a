import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { expectGolden } from "../../test/golden/expect-golden.ts"
import { failure, mctl, type Routes } from "../testing/fake-server.ts"

const columns = [
  { name: "Name", type: "string", priority: 0 },
  { name: "Ready", type: "string", priority: 0 },
  { name: "Age", type: "date", priority: 0 },
  { name: "Address", type: "string", priority: 1 },
]

const row = (name: string, cells: ReadonlyArray<string | null>, version = "1") => ({
  cells: [name, ...cells],
  object: {
    kind: "PartialObjectMetadata",
    metadata: { name, namespace: "default", uid: name, resourceVersion: version, labels: { app: name } },
  },
})

const table = (
  rows: ReadonlyArray<ReturnType<typeof row>>,
  more: { readonly [field: string]: string } = {},
) => ({
  kind: "Table",
  apiVersion: "meta.k8s.io/v1",
  metadata: { resourceVersion: "7", ...more },
  columnDefinitions: columns,
  rows,
})

const sandbox = (name: string, size: number) => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name, namespace: "default", managedFields: [{ manager: "mctl" }] },
  spec: { size },
})

const sandboxes = "GET /apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"
const rows = [row("hello", ["True", "5m", "10.220.0.2"]), row("other", ["False", null, null])]

const isTable = (accept: string): boolean => accept.includes("as=Table")
const objects = {
  kind: "SandboxList",
  apiVersion: "x",
  metadata: {},
  items: [sandbox("b", 10), sandbox("a", 9)],
}

const routes: Routes = {
  [sandboxes]: ({ accept }) => ({ body: isTable(accept) ? table(rows) : objects }),
  [`${sandboxes}/hello`]: ({ accept }) => ({
    body: isTable(accept) ? table([rows[0] ?? row("", [])]) : sandbox("hello", 1),
  }),
  "GET /apis/compute.miren.dev/v1alpha1/sandboxes": { body: table(rows) },
  "GET /api/v1/namespaces/default/configmaps": { body: table([row("settings", [null, "3d", null])]) },
}

describe("get prints", () => {
  test.each<[string, string]>([
    ["a table", "get sandboxes"],
    ["a wide table", "get sb -o wide"],
    ["a table without its heading", "get sandboxes --no-headers"],
    ["a table with labels", "get sandbox --show-labels"],
    ["a table of all namespaces", "get sandboxes -A"],
    ["a table for each of several types", "get sandboxes,configmaps"],
    ["one object of a table", "get sb/hello"],
    ["objects by type and name of several types", "get sb/hello cm/none sb/hello"],
    ["objects as JSON", "get sandboxes -o json"],
    ["one object as YAML", "get sandbox hello -o yaml"],
    ["field ownership where it is asked for", "get sandbox hello -o yaml --show-managed-fields"],
    ["names", "get sandboxes -o name"],
    ["a JSONPath", "get sandboxes -o jsonpath={.items[*].metadata.name}"],
    ["custom columns", "get sandboxes -o custom-columns=NAME:.metadata.name,SIZE:.spec.size,NONE:.spec.none"],
    ["objects in an order", "get sandboxes -o name --sort-by=.spec.size"],
  ])("%s", async (name, line) => {
    const { code, stdout, stderr } = await mctl(line.split(" "), { routes })
    const text = `$ mctl ${line}\n${stdout}${stderr === "" ? "" : `--- stderr\n${stderr}`}--- exit ${code}\n`
    expectGolden(
      join(import.meta.dirname, "../golden", `get-${name.replaceAll(/[^A-Za-z]+/g, "-")}.txt`),
      text,
    )
  })
})

describe("get asks", () => {
  test("with selectors and page by page", async () => {
    const page = (request: { readonly line: string }) => ({
      body: request.line.includes("continue=next")
        ? table(rows.slice(1))
        : table(rows.slice(0, 1), { continue: "next" }),
    })
    const line = ["get", "sandboxes", "-l", "app=x", "--field-selector", "spec.nodeName=a"]
    const { stdout, requests } = await mctl(line, { routes: { [sandboxes]: page } })
    expect(stdout.split("\n").length).toBe(4)
    expect(requests.slice(2).map(({ line: asked }) => asked.slice(sandboxes.length))).toEqual([
      "?labelSelector=app%3Dx&fieldSelector=spec.nodeName%3Da&limit=500",
      "?labelSelector=app%3Dx&fieldSelector=spec.nodeName%3Da&limit=500&continue=next",
    ])
  })

  test("for objects in tables when it is to order them", async () => {
    const { requests } = await mctl(["get", "sandboxes", "--sort-by=.metadata.name"], { routes })
    expect(requests.at(-1)?.line).toContain("includeObject=Object")
  })
})

describe("get fails", () => {
  test.each<[string, ReadonlyArray<string>, RegExp]>([
    ["for an unknown type", ["get", "castles"], /no resource type "castles"/],
    ["for an unknown format", ["get", "sb", "-o", "xml"], /formats are/],
    ["for an unknown option", ["get", "sb", "--colour"], /unknown option --colour/],
    ["for a name in all namespaces", ["get", "sb", "x", "-A"], /-A goes without names/],
    ["without a type", ["get"], /name a resource type/],
    ["with TYPE/NAME beside TYPE", ["get", "sb/x", "cm"], /not TYPE\/NAME/],
  ])("%s", async (_, words, want) => {
    const { code, stderr, stdout } = await mctl(words, { routes })
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(want)
    expect(stderr).toMatch(/^error: .*\n$/)
  })

  test("for an object that is not there, after printing those that are", async () => {
    const { code, stdout, stderr } = await mctl(["get", "sandboxes", "hello", "none"], {
      routes: { ...routes, [`${sandboxes}/none`]: failure(404, "NotFound", 'sandboxes "none" not found') },
    })
    expect(code).toBe(1)
    expect(stdout).toContain("hello")
    expect(stderr).toBe('Error from server (NotFound): sandboxes "none" not found\n')
  })

  test("not for an object that may be missing", async () => {
    const outcome = await mctl(["get", "cm", "none", "--ignore-not-found"], {
      routes: { "GET /api/v1/namespaces/default/configmaps/none": failure(404, "NotFound", "gone") },
    })
    expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([0, "", ""])
  })
})

describe("get -w", () => {
  const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`

  test("prints what there is, then each change, aligned, and ends without an error when interrupted", async () => {
    const changed = event("MODIFIED", {
      ...table([row("hello", ["Unknown", "6m", null], "8")]),
      columnDefinitions: [],
    })
    const bookmark = event("BOOKMARK", table([], { resourceVersion: "9" }))
    const gone = event("DELETED", {
      ...table([row("other", ["False", "7m", null], "10")]),
      columnDefinitions: [],
    })
    const { code, stdout, requests } = await mctl(["get", "sandboxes", "-w"], {
      // A chunk may end within an event.
      routes: {
        ...routes,
        [`${sandboxes}?watch`]: { body: [changed.slice(0, 50), changed.slice(50) + bookmark, gone] },
      },
      interruptAt: /7m/,
    })
    expect(stdout).toBe(
      [
        "NAME    READY   AGE",
        "hello   True    5m",
        "other   False   <none>",
        "hello   Unknown   6m",
        "other   False     7m",
        "",
      ].join("\n"),
    )
    expect(code).toBe(0)
    expect(requests.at(-1)?.line).toContain("?watch=true&allowWatchBookmarks=true&resourceVersion=7")
  })

  test("lists again after 410, and repeats no row", async () => {
    let watches = 0
    const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old", metadata: {} }
    const { stdout } = await mctl(["get", "sandboxes", "-w", "--no-headers"], {
      routes: {
        [sandboxes]: () => ({
          body: table(watches === 0 ? rows : [...rows, row("third", ["True", "1s", null], "9")]),
        }),
        [`${sandboxes}?watch`]: () => ({ body: watches++ === 0 ? [event("ERROR", expired)] : [] }),
      },
      interruptAt: /third/,
    })
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(["hello", "other", "third"])
  })
})
