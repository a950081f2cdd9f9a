import fc from "fast-check"
import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { at, type World, withServer } from "../test-world.ts"

const transactions = "/apis/meta.miren.dev/v1alpha1/transactions"
const partOf = "applyset.kubernetes.io/part-of"
/** `MIREN_PRUNE_RUNS` looks further: each run is up to twelve transactions. */
const numRuns = Number(process.env.MIREN_PRUNE_RUNS ?? 60)

const names = ["a", "b", "c", "d", "e"] as const
const kinds = ["ConfigMap", "ServiceAccount"] as const

interface Step {
  readonly set: number
  readonly objects: ReadonlyArray<readonly [kind: (typeof kinds)[number], name: string]>
  readonly value: number
}

const step: fc.Arbitrary<Step> = fc.record({
  set: fc.nat(1),
  objects: fc.uniqueArray(fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...names)), {
    minLength: 1,
    maxLength: 8,
    selector: ([kind, name]) => `${kind}/${name}`,
  }),
  value: fc.nat(1),
})

/** What is there: `ConfigMap/a` to the set that it is a part of and its value. */
type Model = Map<string, { readonly set: string; readonly value: number }>

const manifest = (namespace: string, [kind, name]: Step["objects"][number], value: number): JsonObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace, annotations: { value: String(value) } },
})

const stored = async (world: World, namespace: string): Promise<Model> => {
  const found: Model = new Map()
  for (const [kind, plural] of [
    ["ConfigMap", "configmaps"],
    ["ServiceAccount", "serviceaccounts"],
  ]) {
    const { json } = await world.get(`/api/v1/namespaces/${namespace}/${plural}`)
    for (const item of (json.items ?? []) as unknown as ReadonlyArray<JsonObject>) {
      const labels = at(item, "metadata.labels") as JsonObject | undefined
      const value = Number(at(item, "metadata.annotations.value"))
      found.set(`${kind}/${at(item, "metadata.name")}`, { set: String(labels?.[partOf]), value })
    }
  }
  return found
}

const check = async (world: World, namespace: string, steps: ReadonlyArray<Step>): Promise<void> => {
  let model: Model = new Map()
  for (const { set: number, objects, value } of steps) {
    const set = `${namespace}-${number}`
    const before = (await world.store.get("/registry/~")).revision
    const answer = await world.post(transactions, {
      spec: { fieldManager: "t", prune: set, objects: objects.map((one) => manifest(namespace, one, value)) },
    })
    const after = (await world.store.get("/registry/~")).revision
    const keys = objects.map(([kind, name]) => `${kind}/${name}`)
    const isTaken = keys.some((key) => model.has(key) && model.get(key)?.set !== set)
    const next: Model = new Map([
      ...[...model].filter(([, one]) => one.set !== set),
      ...keys.map((key) => [key, { set, value }] as const),
    ])
    const isNews = JSON.stringify([...next].sort()) !== JSON.stringify([...model].sort())
    expect(answer.status, answer.text).toBe(isTaken ? 422 : 201)
    expect(after - before).toBe(!isTaken && isNews ? 1n : 0n)
    if (!isTaken) model = next
    expect([...(await stored(world, namespace))].sort()).toEqual([...model].sort())
  }
}

test(
  "whatever is applied, a set is exactly what was applied last, in one revision; other sets are as they were",
  withServer(async (world) => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const namespace = `n${runs++}`
        await world.post("/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: namespace },
        })
        await check(world, namespace, steps)
      }),
      { numRuns },
    )
  }),
  Math.max(30_000, numRuns * 500),
)
