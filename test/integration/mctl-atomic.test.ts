/** `mctl apply --atomic` against the real API server: what people see, and what is stored. */
import { join } from "node:path"
import { expect, test } from "vitest"
import { admin, at, type World, withServer } from "../../apiserver/test-world.ts"
import { mctl } from "../../cli/testing/fake-server.ts"
import { expectGolden } from "../golden/expect-golden.ts"

const shop = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {currency: EUR}
---
apiVersion: v1
kind: Secret
metadata:
  name: token
  namespace: shop
stringData: {token: abc}
`
const held = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: held, finalizers: [example.com/held]}
`
const broken = `apiVersion: v1
kind: ConfigMap
metadata: {name: fine}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 80
    - port: 90000
---
apiVersion: v1
kind: ConfigMap
metadata: {name: lost, namespace: nowhere}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: owned}
data:
  k: mine
`

const apply = async (world: World, text: string, ...options: ReadonlyArray<string>) => {
  const words = ["apply", "--atomic", "-f", "-", ...options]
  const { code, stdout, stderr } = await mctl(words, {
    stdin: text,
    transport: world.server.inProcess(admin),
  })
  return `$ mctl ${words.join(" ")}\n${stdout}${stderr}exit ${code}\n`
}

test(
  "tells what became of each object, and points at the documents that were refused",
  withServer(async (world) => {
    await world.patch("/api/v1/namespaces/default/configmaps/owned?fieldManager=other", "apply", {
      apiVersion: "v1",
      kind: "ConfigMap",
      data: { k: "theirs" },
    })
    const told = [
      await apply(world, `${shop}${held}`, "--dry-run=server", "--prune=shop"),
      await apply(world, `${shop}${held}`, "--prune=shop"),
      await apply(world, shop.replace("EUR", "CHF"), "--prune=shop"),
      await apply(world, shop.replace("EUR", "CHF"), "--prune=shop", "-o", "name"),
      await apply(world, broken),
      await apply(world, broken, "--prune=other", "--force-conflicts"),
      await apply(world, shop, "--prune=mine"),
      await apply(world, Array.from({ length: 101 }, () => shop.split("---")[0]).join("---\n")),
    ]
    expectGolden(join(import.meta.dirname, "../golden/mctl-apply-atomic.txt"), told.join("\n"))
    expect((await world.get("/api/v1/namespaces/default/configmaps/fine")).status).toBe(404)
    const settings = await world.get("/api/v1/namespaces/shop/configmaps/settings")
    expect(at(settings.json, "data.currency")).toBe("CHF")
  }),
)

test("--prune without --atomic, and a server without transactions, are refused before anything is sent", async () => {
  const alone = await mctl(["apply", "--prune=shop", "-f", "-"], { stdin: shop })
  expect([alone.code, alone.stderr, alone.requests.length]).toEqual([
    1,
    "error: --prune needs --atomic: what is deleted goes in the revision of what is applied\n",
    0,
  ])
  const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
  const elsewhere = await mctl(["apply", "--atomic", "-f", "-"], { stdin: configMap })
  expect([elsewhere.code, elsewhere.stderr]).toEqual([
    1,
    "error: --atomic: the server has no Transaction of meta.miren.dev/v1alpha1\n",
  ])
  expect(elsewhere.requests.every(({ line }) => line.startsWith("GET"))).toBe(true)
})
