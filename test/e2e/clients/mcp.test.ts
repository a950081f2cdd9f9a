/** kubernetes-mcp-server, unmodified, as an assistant's host drives it. */
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { helloReference } from "../../../dev/hello-image.ts"
import { clientsFolder } from "../../kit/clients.ts"
import { eventually } from "../../kit/command.ts"
import { McpSession } from "../../kit/mcp-session.ts"
import { ClientRecording, type RecordedClient } from "../../kit/recording/recorded-client.ts"
import { endToEnd, type System, startSystem, worlds } from "../../kit/system.ts"

const binary = "kubernetes-mcp-server-linux-amd64"
const crd = join(import.meta.dirname, "..", "fixtures", "gadgets-crd.yaml")
const recording = new ClientRecording("kubernetes-mcp-server")

const gadget = (replicas: number) =>
  JSON.stringify({
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name: "one", namespace: "default" },
    spec: { replicas },
  })

const pod = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "main", image: helloReference, imagePullPolicy: "IfNotPresent" }] },
})

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("kubernetes-mcp-server in the %s world", (kind) => {
    let system: System
    let recorded: RecordedClient
    let session: McpSession
    beforeAll(async () => {
      system = await startSystem({ kind })
      expect((await system.mctl(["apply", "-f", crd])).stderr).toBe("")
      recorded = await recording.open(system)
      const program = join(clientsFolder(), "node_modules", binary, "bin", binary)
      session = new McpSession(system.spawn([program, "--kubeconfig", recorded.kubeconfig]))
      await session.open()
    })
    afterAll(async () => {
      session?.close()
      await recorded?.close()
      await system?.destroy()
    })

    const said = async (tool: string, args: object = {}): Promise<string> => {
      const { isError, text } = await session.call(tool, args)
      expect(`${tool}: ${isError ? text : ""}`).toBe(`${tool}: `)
      return text
    }
    const one = { apiVersion: "example.com/v1", kind: "Gadget", name: "one", namespace: "default" }

    it("lists its tools, namespaces and resources", async () => {
      expect(await session.tools()).toContain("pods_exec")
      expect(await said("namespaces_list")).toMatch(/default/)
      expect(await said("resources_list", { apiVersion: "v1", kind: "Node" })).toContain("NAME")
    })

    it("creates, reads, changes, scales and deletes a resource", async () => {
      await said("resources_create_or_update", { resource: gadget(2) })
      expect(await said("resources_get", one)).toContain("replicas: 2")
      await said("resources_create_or_update", { resource: gadget(3) })
      expect(await said("resources_list", { apiVersion: one.apiVersion, kind: one.kind })).toMatch(/one +3/)
      expect(await said("resources_scale", { ...one, scale: 4 })).toContain("replicas: 4")
      await said("resources_delete", one)
      expect((await session.call("resources_get", one)).text).toContain("not found")
    })

    it("runs a pod, and reads of it what there is to read", async () => {
      // It always has the image pulled, from where there is none in a world without a network.
      const pulled = { name: "pulled", namespace: "default" }
      await said("pods_run", { ...pulled, image: helloReference, port: 8080 })
      await said("pods_delete", pulled)
      const web = { name: "web", namespace: "default" }
      await said("resources_create_or_update", { resource: pod })
      await eventually(async () => expect(await said("pods_get", web)).toContain("phase: Running"))
      expect(await said("pods_list", {})).toMatch(/web +1\/1/)
      expect(await said("pods_list_in_namespace", { namespace: "default" })).toMatch(/web +1\/1/)
      await said("pods_log", { ...web, tail: 5 })
      expect(await said("pods_exec", { ...web, command: ["/bin/echo", "hello"] })).toContain("hello")
      await eventually(async () => expect(await said("pods_top", web)).toMatch(/web/))
      expect(await said("nodes_top")).toMatch(/\d+m/)
      expect(await said("events_list", { namespace: "default" })).toContain("the container was started")
      await said("pods_delete", web)
    })
  })

  it("asked what it is known to ask", () => recording.expectAsKnown())
})
