/** A server in memory as kubectl sees it: over loopback, by its kubeconfig. */
import { expect, it, onTestFinished } from "vitest"
import { startMemoryServer } from "../../daemon/index.ts"
import { fleetDefinition } from "../integration/fleet.ts"
import { must } from "../kit/command.ts"
import { kubectlPath } from "../kit/kubectl.ts"

it("kubectl applies, gets and deletes against a server in memory", async () => {
  const server = await startMemoryServer({ crds: [fleetDefinition] })
  onTestFinished(server.close)
  const { kubeconfigFile } = await server.listen()
  const kubectl = (args: ReadonlyArray<string>, input = "") =>
    must([kubectlPath(), "--kubeconfig", kubeconfigFile, ...args], { input })
  await kubectl(
    ["apply", "-f", "-"],
    "{apiVersion: example.com/v1, kind: Fleet, metadata: {name: f}, spec: {size: 2}}",
  )
  expect(await kubectl(["get", "fleets", "-o", "name"])).toBe("fleet.example.com/f\n")
  await kubectl(["create", "namespace", "team"])
  await kubectl(["delete", "namespace", "team", "--wait=false"])
  await kubectl(["wait", "--for=delete", "namespace/team", "--timeout=20s"])
})
