import { afterEach, expect, test } from "vitest"
import { configMap, configMaps, type World, withServer } from "../test-world.ts"
import {
  allow,
  deny,
  mutatingConfiguration,
  mutatingConfigurations,
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

/** The lines of a metric but for its buckets. */
const metric = async (world: World, name: string): Promise<ReadonlyArray<string>> =>
  (await world.get("/metrics")).text
    .split("\n")
    .filter((line) => line.startsWith(name) && !line.includes("_bucket"))

test(
  "webhooks are counted and measured with the field's names",
  withServer(async (world) => {
    const server = await startWebhookServer({
      "/ask": (review) => {
        world.ambient.advance(200)
        return allow(review)
      },
      "/no": deny({ code: 418 }),
    })
    open.push(server)
    const hook = (path: string) => webhook({ server, path, name: `${path.slice(1)}.example.com` })
    await world.post(mutatingConfigurations, mutatingConfiguration("ask", hook("/ask")))
    await world.post(configMaps, configMap("a"))
    await world.post(validatingConfigurations, validatingConfiguration("no", hook("/no")))
    await world.post(configMaps, configMap("b"))
    const asked = 'name="ask.example.com",operation="CREATE",rejected="false",type="admit"'
    const webhooks = await metric(world, "apiserver_admission_webhook_admission_duration_seconds")
    expect(webhooks).toEqual([
      `apiserver_admission_webhook_admission_duration_seconds_sum{${asked}} 0.4`,
      `apiserver_admission_webhook_admission_duration_seconds_count{${asked}} 2`,
      expect.stringContaining(
        '_sum{name="no.example.com",operation="CREATE",rejected="true",type="validating"}',
      ),
      expect.stringContaining(
        '_count{name="no.example.com",operation="CREATE",rejected="true",type="validating"} 1',
      ),
    ])
    expect((await world.get("/metrics")).text).toContain(
      `apiserver_admission_webhook_admission_duration_seconds_bucket{${asked},le="0.5"} 2\n`,
    )
    const controllers = await metric(world, "apiserver_admission_controller_admission_duration_seconds_count")
    expect(controllers).toEqual([
      'apiserver_admission_controller_admission_duration_seconds_count{name="MutatingAdmissionWebhook",operation="CREATE",rejected="false",type="admit"} 2',
      'apiserver_admission_controller_admission_duration_seconds_count{name="ValidatingAdmissionWebhook",operation="CREATE",rejected="true",type="validate"} 1',
    ])
    expect(await metric(world, "apiserver_admission_webhook_rejection_count")).toEqual([
      'apiserver_admission_webhook_rejection_count{error_type="no_error",name="no.example.com",operation="CREATE",rejection_code="418",type="validating"} 1',
    ])
  }),
)

test(
  "webhooks that cannot be reached are counted, whether that refuses or not",
  withServer(async (world) => {
    const server = { url: "https://127.0.0.1:1", caBundle: "" }
    const ignored = webhook({ server, path: "/x", name: "a.example.com", more: { failurePolicy: "Ignore" } })
    await world.post(validatingConfigurations, validatingConfiguration("a", ignored))
    await world.post(configMaps, configMap("a"))
    expect(await metric(world, "apiserver_admission_webhook_fail_open_count")).toEqual([
      'apiserver_admission_webhook_fail_open_count{name="a.example.com",type="validating"} 1',
    ])
    const needed = webhook({ server, path: "/x", name: "b.example.com" })
    await world.post(validatingConfigurations, validatingConfiguration("b", needed))
    await world.post(configMaps, configMap("b"))
    expect(await metric(world, "apiserver_admission_webhook_rejection_count")).toEqual([
      'apiserver_admission_webhook_rejection_count{error_type="calling_webhook_error",name="b.example.com",operation="CREATE",rejection_code="0",type="validating"} 1',
    ])
  }),
)
