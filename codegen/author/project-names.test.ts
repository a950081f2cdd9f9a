import { describe, expect, test } from "vitest"
import manifest from "../../package.json" with { type: "json" }
import { manifestOf, toolVersions } from "./project-manifest.ts"
import { projectNames, renamed, templateNames } from "./project-names.ts"

const given = { project: "shop-operator", kind: "Website", group: "shop.example.com" }
const words = new Set(["Client", "page", "configMaps"])

describe("the names of a project", () => {
  test.each([
    ["Website", "websites"],
    ["Policy", "policies"],
    ["Gateway", "gateways"],
    ["Box", "boxes"],
    ["Branch", "branches"],
    ["K8sPool", "k8spools"],
  ])("the plural of %s is %s", (kind, plural) => {
    expect(projectNames({ ...given, kind }, words).plural).toBe(plural)
  })

  test.each([
    [{ project: "Shop" }, "no name for a project"],
    [{ project: "shop-" }, "no name for a project"],
    [{ project: "../shop" }, "no name for a project"],
    [{ kind: "website" }, "no name for a kind"],
    [{ kind: "Web-Site" }, "no name for a kind"],
    [{ kind: "Client" }, "would clash"],
    [{ kind: "Page" }, "would clash"],
    [{ kind: "Class" }, "would clash"],
    [{ group: "shop" }, "no API group"],
    [{ group: "Shop.example.com" }, "no API group"],
    [{ group: "apps.k8s.io" }, "not yours"],
    [{ group: "miren.dev" }, "not yours"],
  ])("%o is refused", (more, message) => {
    expect(() => projectNames({ ...given, ...more }, words)).toThrow(message)
  })

  test("take the place of the template's, whole", () => {
    const text = "greetings.example.com: Greeting greetingController my-operator 'Greetings'"
    expect(renamed(text, projectNames(given, words))).toBe(
      "websites.shop.example.com: Website websiteController shop-operator 'Websites'",
    )
    expect(renamed(text, templateNames)).toBe(text)
  })
})

test("a new project has the tools of the versions that its template is tested with", () => {
  const ours: { readonly [name: string]: string } = { ...manifest.dependencies, ...manifest.devDependencies }
  for (const [name, version] of Object.entries(toolVersions)) expect(ours[name], name).toBe(version)
  expect(manifestOf("x", "^1.0.0").dependencies).toEqual({ effect: ours.effect, miren: "^1.0.0" })
})
