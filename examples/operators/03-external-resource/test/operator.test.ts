import { Context, Effect, Layer } from "effect"
import { Client } from "miren/client"
import { loadDefinitions, startMemoryServer } from "miren/daemon"
import { renderFailure, type Scenario, simulatePromise } from "miren/reconciler/simulation"
import { expect, onTestFinished, test } from "vitest"
import { Cloud, MemoryCloud } from "../src/cloud.ts"
import { Bucket } from "../src/generated/bucket.gen.ts"
import { bucketId, bucketOperator } from "../src/operator.ts"

const crds = [new URL("../crds/bucket.yaml", import.meta.url)]
const key = { namespace: "default", name: "a" }
const bucket = (name: string, quota: number): Bucket => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Bucket",
  metadata: { name, namespace: "default" },
  spec: { quota },
})

test("a bucket is made, told of, and gone before its object is; trouble is told and tried again", async () => {
  const cloud = new MemoryCloud()
  const { client, settle, advance, start, close } = await startMemoryServer({
    crds,
    clock: "test",
    logLevel: "error",
  })
  onTestFinished(close)
  await start(Effect.provide(bucketOperator, cloud.layer))
  cloud.failures = 3
  await client.create(Bucket, bucket("a", 5))
  await settle()
  expect((await client.get(Bucket, key)).status?.conditions).toMatchObject([{ reason: "CloudError" }])
  await advance("1 minute")
  const made = await client.get(Bucket, key)
  expect([...cloud.buckets]).toEqual([[bucketId(made), 5]])
  expect(made.status).toMatchObject({
    url: `cloud://buckets/${bucketId(made)}`,
    conditions: [{ reason: "Made" }],
  })
  cloud.failures = 2
  await client.delete(Bucket, key)
  await advance("1 minute")
  expect(cloud.buckets.size).toBe(0)
  await expect(client.get(Bucket, key)).rejects.toMatchObject({ reason: "NotFound" })
})

class CloudUnderTest extends Context.Service<CloudUnderTest, MemoryCloud>()("test/CloudUnderTest") {}

const environment = Layer.effectContext(
  Effect.gen(function* () {
    const cloud = new MemoryCloud()
    const services = yield* Layer.build(cloud.layer)
    return Context.add(services, CloudUnderTest, cloud)
  }),
)

const scenario = async (): Promise<Scenario<Cloud | CloudUnderTest>> => ({
  name: "buckets come and go while the cloud fails",
  definitions: await loadDefinitions(crds),
  environment,
  actions: [{ service: Cloud, methods: ["ensureBucket", "deleteBucket"] }],
  mishaps: (chance) =>
    Effect.map(CloudUnderTest, (cloud) => {
      cloud.failures += 1 + chance.below(3)
    }),
  heal: Effect.map(CloudUnderTest, (cloud) => {
    cloud.failures = 0
  }),
  users: (chance) =>
    Effect.gen(function* () {
      const client = yield* Client
      for (const name of ["a", "b"]) {
        yield* client.create(Bucket, bucket(name, 1 + chance.below(9)))
        yield* Effect.sleep(chance.below(20_000))
      }
      yield* client.delete(Bucket, { namespace: "default", name: "b" })
    }),
  invariants: [
    {
      name: "the cloud has the buckets that there are objects for, and no other",
      eventually: ({ list, environment: context }) => {
        const wanted = list(Bucket).map(bucketId)
        const found = [...Context.get(context, CloudUnderTest).buckets.keys()]
        return found.sort().join() === wanted.sort().join()
          ? undefined
          : `the cloud has ${found.length} buckets`
      },
    },
  ],
})

test("nothing is left behind in the cloud, whatever goes wrong", async () => {
  const program = { name: "bucket-operator", run: bucketOperator }
  const { failures } = await simulatePromise([program], await scenario(), {
    seeds: Number(process.env.SEEDS ?? 5),
  })
  expect(failures.map(renderFailure).join("\n")).toBe("")
}, 120_000)
