import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { mctl } from "../testing/fake-server.ts"

const secret = "c2VjcmV0"
const text = `apiVersion: v1
kind: Config
current-context: here
contexts:
  - {name: here, context: {cluster: one, user: me, namespace: mine}}
  - {name: there, context: {cluster: one, user: me}}
clusters:
  - {name: one, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: AAAA}}
users:
  - name: me
    user: {token: ${secret}, client-key-data: ${secret}, client-certificate: /cert.pem, password: ${secret}, exec: {command: ${secret}}}
`

const kubeconfig = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "mctl-config-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, "config")
  writeFileSync(file, text)
  return file
}

const config = (...words: ReadonlyArray<string>) => mctl(["config", ...words, "--kubeconfig", kubeconfig()])

describe("config", () => {
  test("current-context names it, or the one that is asked for", async () => {
    expect((await config("current-context")).stdout).toBe("here\n")
    expect((await config("current-context", "--context", "there")).stdout).toBe("there\n")
  })

  test("get-contexts marks the current one", async () => {
    expect(
      (await config("get-contexts")).stdout.split("\n").map((line) => line.split(/\s+/).slice(0, 2)),
    ).toEqual([["CURRENT", "NAME"], ["*", "here"], ["", "there"], [""]])
  })

  test.each(["yaml", "json"])("view in %s shows everything but secrets", async (format) => {
    const { code, stdout } = await config("view", "-o", format)
    expect(code).toBe(0)
    for (const shown of ["https://127.0.0.1:1", "/cert.pem", "mine", "REDACTED", "DATA+OMITTED"])
      expect(stdout).toContain(shown)
    expect(stdout).not.toContain(secret)
  })

  test.each([
    ["without a word", []],
    ["with an unknown word", ["edit"]],
    ["of a file that is not there", ["view", "--kubeconfig", "/nonexistent"]],
  ])("%s is an error", async (_, words) => {
    const { code, stderr } = await mctl(["config", ...words])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: .*\n$/)
  })
})

describe("what a server serves", () => {
  test("is listed by group", async () => {
    const { stdout } = await mctl(["api-resources"])
    expect(stdout.split("\n").map((line) => line.trimEnd())).toEqual([
      "NAME                        SHORTNAMES   APIVERSION                   NAMESPACED   KIND",
      "configmaps                  cm           v1                           true         ConfigMap",
      "namespaces                  ns           v1                           false        Namespace",
      "customresourcedefinitions   crd          apiextensions.k8s.io/v1      false        CustomResourceDefinition",
      "sandboxes                   sb           compute.miren.dev/v1alpha1   true         Sandbox",
      "",
    ])
  })

  test.each([
    ["api-resources -o name --namespaced=true", "configmaps\nsandboxes.compute.miren.dev\n"],
    [
      "api-resources -o name --api-group=apiextensions.k8s.io",
      "customresourcedefinitions.apiextensions.k8s.io\n",
    ],
    ["api-versions", "apiextensions.k8s.io/v1\ncompute.miren.dev/v1alpha1\nv1\n"],
  ])("%s", async (words, want) => {
    expect((await mctl(words.split(" "))).stdout).toBe(want)
  })

  test("is found document by document where a server has no aggregated discovery", async () => {
    const { stdout } = await mctl(["api-resources", "-o", "name"], {
      routes: {
        "GET /api": { body: { kind: "APIVersions", versions: ["v1"] } },
        "GET /api/v1": {
          body: {
            resources: [
              { name: "secrets", kind: "Secret", namespaced: true, verbs: [] },
              { name: "secrets/status" },
            ],
          },
        },
        "GET /apis": {
          body: { kind: "APIGroupList", groups: [{ name: "a.b", versions: [{ version: "v1" }] }] },
        },
        "GET /apis/a.b/v1": {
          body: { resources: [{ name: "cs", kind: "C", namespaced: false, verbs: [] }] },
        },
      },
    })
    expect(stdout).toBe("secrets\ncs.a.b\n")
  })
})

test("version names both sides, or mctl alone", async () => {
  const routes = { "GET /version": { body: { gitVersion: "v1.33.0-miren", platform: "linux/amd64" } } }
  expect((await mctl(["version"], { routes })).stdout).toMatch(
    /^mctl \S+ \(node v\d.*\)\nserver v1\.33\.0-miren \(linux\/amd64\)\n$/,
  )
  expect((await mctl(["version", "--client"])).requests).toEqual([])
  expect(
    JSON.parse((await mctl(["version", "-o", "json"], { routes })).stdout).serverVersion.gitVersion,
  ).toBe("v1.33.0-miren")
})

test.each(["bash", "zsh"])("completion for %s knows commands and options", async (shell) => {
  const { stdout } = await mctl(["completion", shell])
  expect(stdout).toContain("complete -o default -F _mctl mctl")
  expect(stdout).toMatch(/get\) words=".*--sort-by/)
})
