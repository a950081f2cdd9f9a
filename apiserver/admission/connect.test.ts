import { PassThrough } from "node:stream"
import { afterEach, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { admin, at, type World, withServer } from "../test-world.ts"
import {
  deny,
  startWebhookServer,
  validatingConfiguration,
  validatingConfigurations,
  type WebhookServer,
  webhook,
} from "./testing/webhook-server.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const sandboxes = "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"

/** What a raw upgrade request is answered with. */
const upgrade = async (world: World, url: string): Promise<string> => {
  const socket = new PassThrough()
  const chunks: Uint8Array[] = []
  socket.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  const request = {
    method: "POST",
    url,
    headers: { connection: "Upgrade", upgrade: "websocket" },
    body: new Uint8Array(),
    user: admin,
    signal: new AbortController().signal,
  }
  await world.server.upgrade(request, { socket, head: new Uint8Array() })
  return Buffer.concat(chunks).toString("utf8")
}

const options = {
  connect: {
    resources: { "compute.miren.dev/sandboxes": ["log", "exec", "attach", "portforward"] },
    clientTls: { cert: "", key: "", ca: "" },
  },
}

test(
  "a webhook can refuse connections into a sandbox, and sees what they ask for",
  withServer(async (world) => {
    const server = await startWebhookServer({ "/no": deny({ message: "attaching is not allowed" }) })
    open.push(server)
    const rules = [
      {
        apiGroups: ["compute.miren.dev"],
        apiVersions: ["*"],
        operations: ["CONNECT"],
        resources: ["sandboxes/exec", "sandboxes/attach"],
      },
    ]
    const hook = webhook({ server, path: "/no", more: { rules } })
    await world.post(validatingConfigurations, validatingConfiguration("c", hook))
    const sandbox = { containers: [{ name: "c", image: "i" }] }
    await world.post(sandboxes, {
      apiVersion: "compute.miren.dev/v1alpha1",
      kind: "Sandbox",
      metadata: { name: "s" },
      spec: sandbox,
    })
    const refused = await upgrade(world, `${sandboxes}/s/exec?command=ls&command=-l&container=c&stdin=true`)
    expect(refused).toContain("403")
    expect(refused).toContain("attaching is not allowed")
    const request = at(server.asked[0]?.body, "request") as JsonObject
    expect(request).toMatchObject({
      operation: "CONNECT",
      kind: { group: "", version: "v1", kind: "PodExecOptions" },
      resource: { group: "compute.miren.dev", version: "v1alpha1", resource: "sandboxes" },
      subResource: "exec",
      name: "s",
      namespace: "default",
      object: {
        kind: "PodExecOptions",
        apiVersion: "v1",
        stdin: true,
        container: "c",
        command: ["ls", "-l"],
      },
      oldObject: null,
      options: null,
    })
    expect(await upgrade(world, `${sandboxes}/s/portforward`)).not.toContain("attaching is not allowed")
  }, options),
)
