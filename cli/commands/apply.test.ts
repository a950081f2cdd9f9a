import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { maxManifestBytes } from "../limits.ts"
import { type FakeResponse, failure, mctl, type Recorded, type Routes } from "../testing/fake-server.ts"

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
const sandbox = `apiVersion: compute.miren.dev/v1alpha1
kind: Sandbox
metadata:
  name: hello
spec:
  containers:
    - name: web
      image: x
`

const path = "PATCH /api/v1/namespaces/default/configmaps"
const sandboxPath = "PATCH /apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes/hello"
const echo = ({ body }: Recorded): FakeResponse => ({ body: body as JsonObject })
const accepting: Routes = { [`${path}/a`]: echo, [`${path}/b`]: echo, [sandboxPath]: echo }

const apply = (text: string, routes: Routes = accepting, more: ReadonlyArray<string> = []) =>
  mctl(["apply", "-f", "-", ...more], { stdin: text, routes })

const writes = (requests: ReadonlyArray<Recorded>): ReadonlyArray<string> =>
  requests.filter(({ line }) => line.startsWith("PATCH")).map(({ line }) => line)

describe("apply", () => {
  test("sends one document as one server-side apply", async () => {
    const { code, stdout, stderr, requests } = await apply(configMap("a"))
    expect([code, stdout, stderr]).toEqual([0, "configmap/a applied\n", ""])
    expect(writes(requests)).toEqual([`${path}/a?fieldManager=mctl&fieldValidation=Strict`])
    expect(requests.at(-1)?.body).toMatchObject({ metadata: { name: "a", namespace: "default" } })
  })

  test("dry-runs several before it writes the first", async () => {
    const { requests } = await apply(`${configMap("a")}---\n${configMap("b")}`)
    expect(writes(requests).map((line) => line.includes("dryRun=All"))).toEqual([true, true, false, false])
  })

  test("with --dry-run=server writes nothing, even one", async () => {
    const { stdout, requests } = await apply(configMap("a"), accepting, ["--dry-run=server"])
    expect(stdout).toBe("configmap/a applied (server dry run)\n")
    expect(writes(requests).every((line) => line.includes("dryRun=All"))).toBe(true)
  })

  test("sends force, field manager and namespace as the options say", async () => {
    const { requests } = await apply(configMap("a"), { "PATCH /api/v1/namespaces/n/configmaps/a": echo }, [
      ...["--force-conflicts", "--field-manager=me", "-n", "n"],
    ])
    expect(writes(requests)).toEqual([
      "PATCH /api/v1/namespaces/n/configmaps/a?fieldManager=me&fieldValidation=Strict&force=true",
    ])
  })

  test("applies namespaces first, and checks what goes into them before they are there", async () => {
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n"
    const inside = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: new}\n"
    let made = false
    const { code, requests } = await apply(`${inside}---\n${namespace}`, {
      ...accepting,
      "PATCH /api/v1/namespaces/new": (request) => {
        made ||= !request.line.includes("dryRun")
        return echo(request)
      },
      "PATCH /api/v1/namespaces/new/configmaps/a": (request) =>
        made ? echo(request) : failure(404, "NotFound", 'namespaces "new" not found'),
    })
    expect(code).toBe(0)
    expect(writes(requests).filter((line) => !line.includes("dryRun"))).toEqual([
      "PATCH /api/v1/namespaces/new?fieldManager=mctl&fieldValidation=Strict",
      "PATCH /api/v1/namespaces/new/configmaps/a?fieldManager=mctl&fieldValidation=Strict",
    ])
  })

  test("applies a definition first, and waits until its kind is served", async () => {
    const widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec: {group: example.com, names: {kind: Widget, plural: widgets}, versions: [{name: v1}]}
`
    let looks = 0
    const groups = (): FakeResponse => {
      looks++
      const served = [{ resource: "widgets", responseKind: { kind: "Widget" }, scope: "Cluster", verbs: [] }]
      const definitions = [
        {
          resource: "customresourcedefinitions",
          responseKind: { kind: "CustomResourceDefinition" },
          scope: "Cluster",
          verbs: [],
        },
      ]
      const items = [
        { metadata: { name: "apiextensions.k8s.io" }, versions: [{ version: "v1", resources: definitions }] },
        ...(looks > 2
          ? [{ metadata: { name: "example.com" }, versions: [{ version: "v1", resources: served }] }]
          : []),
      ]
      return { body: { kind: "APIGroupDiscoveryList", items } }
    }
    const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com"
    const { code, stdout } = await apply(`${widget}---\n${definition}`, {
      "GET /apis": groups,
      [`PATCH ${crds}`]: echo,
      [`GET ${crds}`]: { body: { status: { conditions: [] } } },
      "PATCH /apis/example.com/v1/widgets/w": echo,
    })
    expect(code).toBe(0)
    expect(stdout).toBe(
      "customresourcedefinition.apiextensions.k8s.io/widgets.example.com applied\nwidget.example.com/w applied\n",
    )
  })
})

describe("a bad manifest stores nothing, and is told by file, document, line and field", () => {
  const refusedWith = (response: FakeResponse): Routes => ({ ...accepting, [sandboxPath]: response })
  const invalid = failure(422, "Invalid", "x is invalid", {
    causes: [
      {
        reason: "FieldValueTypeInvalid",
        field: "spec.containers[0].image",
        message:
          'Invalid value: "integer": spec.containers[0].image in body must be of type string: "integer"',
      },
    ],
  })

  test.each<[string, string, Routes, ReadonlyArray<string>]>([
    [
      "an invalid value",
      sandbox,
      refusedWith(invalid),
      [
        '<stdin>:12: document 2 (Sandbox hello): spec.containers[0].image: Invalid value: "integer": must be of type string: "integer"',
      ],
    ],
    [
      "an unknown field, as a strict decoder says it",
      `${sandbox}      imagee: y\n`,
      refusedWith(
        failure(
          400,
          "BadRequest",
          'strict decoding error: unknown field "spec.containers[0].imagee", unknown field "spec.x"',
        ),
      ),
      [
        "<stdin>:13: document 2 (Sandbox hello): spec.containers[0].imagee: unknown field",
        "<stdin>:9: document 2 (Sandbox hello): spec.x: unknown field",
      ],
    ],
    [
      "an unknown field, as server-side apply says it",
      `${sandbox}      imagee: y\n`,
      refusedWith(
        failure(
          500,
          "InternalError",
          'failed to create typed patch object (default/hello; compute.miren.dev/v1alpha1, Kind=Sandbox): .spec.containers[name="web"].imagee: field not declared in schema',
        ),
      ),
      ["<stdin>:13: document 2 (Sandbox hello): spec.containers[0].imagee: unknown field"],
    ],
    [
      "a field that another manager owns",
      sandbox,
      refusedWith(
        failure(409, "Conflict", "Apply failed with 1 conflict", {
          causes: [
            {
              reason: "FieldManagerConflict",
              field: '.spec.containers[name="web"].image',
              message: 'conflict with "kubectl"',
            },
          ],
        }),
      ),
      [
        '<stdin>:12: document 2 (Sandbox hello): spec.containers[0].image: conflict with "kubectl": another manager owns the field; --force-conflicts takes it over',
      ],
    ],
    [
      "a refusal without a field",
      sandbox,
      refusedWith(failure(403, "Forbidden", "you may not")),
      ["<stdin>:5: document 2 (Sandbox hello): you may not"],
    ],
    [
      "an unknown kind",
      sandbox.replace("Sandbox", "Sandcastle"),
      accepting,
      [
        '<stdin>:6: document 2 (Sandcastle hello): kind: compute.miren.dev/v1alpha1 has no kind "Sandcastle"; its kinds are Sandbox',
      ],
    ],
    [
      "a version that is not served",
      sandbox.replace("v1alpha1", "v9"),
      accepting,
      [
        '<stdin>:5: document 2 (Sandbox hello): apiVersion: the server does not serve "compute.miren.dev/v9"; Sandbox is in compute.miren.dev/v1alpha1',
      ],
    ],
    [
      "a duplicate key",
      `${sandbox}      image: y\n`,
      accepting,
      ["<stdin>:13: document 2: spec.containers[0].image: duplicate key, first on line 12"],
    ],
  ])("%s", async (_, second, routes, want) => {
    const { code, stdout, stderr, requests } = await apply(`${configMap("a")}---\n${second}`, routes)
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr.trimEnd().split("\n")).toEqual(want)
    expect(writes(requests).filter((line) => !line.includes("dryRun=All"))).toEqual([])
  })

  test("a file that is too large is refused unread", async () => {
    const { code, stderr, requests } = await apply(
      `${configMap("a")}data: {a: "${"x".repeat(maxManifestBytes)}"}\n`,
    )
    expect([code, stderr, requests.length]).toEqual([1, "<stdin>: has more than 8 MB: split it\n", 0])
  })

  test("a document in another namespace than -n says", async () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}\n"
    const { code, stderr } = await apply(text, accepting, ["-n", "mine"])
    expect([code, stderr]).toEqual([
      1,
      '<stdin>:3: document 1 (ConfigMap other/a): metadata.namespace: is "other", and the option -n says mine\n',
    ])
  })
})

describe("files", () => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), "mctl-"))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    mkdirSync(join(path, "deeper"))
    writeFileSync(join(path, "a.yaml"), configMap("a"))
    writeFileSync(join(path, "deeper", "b.yml"), configMap("b"))
    writeFileSync(join(path, "notes.txt"), "not a manifest")
    return path
  }

  test.each([
    ["a folder is the manifests in it", [], "configmap/a applied\n"],
    ["-R goes into its folders", ["-R"], "configmap/a applied\nconfigmap/b applied\n"],
  ])("%s", async (_, options, want) => {
    const { stdout, stderr } = await mctl(["apply", ...options, "-f", folder()], { routes: accepting })
    expect([stdout, stderr]).toEqual([want, ""])
  })

  test.each([
    ["a file that is not there", ["-f", "/nonexistent.yaml"], /no such file/],
    ["a URL", ["-f", "https://example.com/a.yaml"], /not fetched/],
    ["no file at all", [], /name a manifest/],
    ["an empty file", ["-f", "-"], /there is no document/],
  ])("%s is refused", async (_, words, want) => {
    const { code, stderr } = await mctl(["apply", ...words], { routes: accepting })
    expect(code).toBe(1)
    expect(stderr).toMatch(want)
  })
})
