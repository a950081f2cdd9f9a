/** The figures of a server with so many custom kinds, taken from its clients' side. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { customKind, kindObject } from "./custom-kind.ts"
import { median } from "./measure.ts"
import { type Measured, type MeasuredOptions, startMeasured } from "./measured.ts"

export interface KindsFigures {
  readonly usableP50: number
  readonly usableMost: number
  readonly aggregated: number
  readonly legacy: number
  readonly v3Index: number
  readonly v3Group: number
  readonly v2: number
  readonly aggregatedKilobytes: number
  readonly kilobytesEach: number
}

export interface Pair {
  readonly ours: KindsFigures
  readonly yardstick: KindsFigures
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
const rounds = 7
const batch = 100

const fill = async (measured: Measured, count: number): Promise<number> => {
  const before = (await measured.ask({ ask: "rest" })).memory
  for (let from = 0; from < count; from += batch) {
    const documents = Array.from({ length: Math.min(batch, count - from) }, (_, offset) => {
      const crd = customKind(from + offset, { established: true })
      return {
        key: `/registry/apiextensions.k8s.io/customresourcedefinitions/${crd.metadata.name}`,
        value: JSON.stringify(crd),
      }
    })
    await measured.ask({ ask: "fill", documents })
  }
  const after = (await measured.ask({ ask: "rest" })).memory
  const grown = after.heapUsed + after.external - before.heapUsed - before.external
  return grown / count / 1_024
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const get = (measured: Measured, path: string, accept = "application/json"): Promise<Buffer> =>
  measured.client.call({ method: "GET", path, accept })

const legacy = async (measured: Measured): Promise<void> => {
  const { groups } = JSON.parse((await get(measured, "/apis")).toString()) as {
    readonly groups: ReadonlyArray<{ readonly versions: ReadonlyArray<{ readonly groupVersion: string }> }>
  }
  const versions = groups.flatMap((group) => group.versions)
  await Promise.all(versions.map(({ groupVersion }) => get(measured, `/apis/${groupVersion}`)))
}

/** Adds a kind, and an object of it as soon as that is accepted. */
const addOne = async ({ client }: Measured, index: number): Promise<void> => {
  const crd = customKind(index, { established: false })
  await client.call({ method: "POST", path: crds, body: Buffer.from(JSON.stringify(crd)) })
  const { group, names } = crd.spec
  const path = `/apis/${group}/v1alpha1/namespaces/default/${names.plural}`
  const body = Buffer.from(JSON.stringify(kindObject(crd)))
  for (let tries = 0; ; tries++) {
    try {
      await client.call({ method: "POST", path, body })
      return
    } catch (error) {
      if (tries > 1_000) throw error
    }
  }
}

const figuresOf = async (measured: Measured, count: number, kilobytesEach: number): Promise<KindsFigures> => {
  const usable: Array<number> = []
  const aggregated: Array<number> = []
  const index: Array<number> = []
  const group: Array<number> = []
  const old: Array<number> = []
  const all: Array<number> = []
  const v2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
  // The first of a server's life also compiles what checks definitions.
  await addOne(measured, count + rounds)
  for (let round = 0; round < rounds; round++) {
    usable.push(await timed(() => addOne(measured, count + round)))
    aggregated.push(await timed(() => get(measured, "/apis", aggregatedType)))
    index.push(await timed(() => get(measured, "/openapi/v3")))
    const { group: own } = customKind(count + round, { established: false }).spec
    group.push(await timed(() => get(measured, `/openapi/v3/apis/${own}/v1alpha1`)))
    all.push(await timed(() => legacy(measured)))
    if (round < 2) old.push(await timed(() => get(measured, "/openapi/v2", v2)))
  }
  return {
    usableP50: median(usable),
    usableMost: Math.max(...usable),
    aggregated: median(aggregated),
    legacy: median(all),
    v3Index: median(index),
    v3Group: median(group),
    v2: median(old),
    aggregatedKilobytes: gzipSync(await get(measured, "/apis", aggregatedType)).length / 1_024,
    kilobytesEach,
  }
}

export const measureInTurns = async (options: {
  readonly store: MeasuredOptions["store"]
  readonly many: number
  readonly few: number
  readonly directory?: string
}): Promise<Pair> => {
  const start = (name: string): Promise<Measured> => {
    const { store, directory } = options
    if (directory === undefined) return startMeasured({ store })
    mkdirSync(join(directory, name), { recursive: true })
    return startMeasured({ store, directory: join(directory, name) })
  }
  const of = async (name: string, count: number): Promise<KindsFigures> => {
    const measured = await start(name)
    try {
      return await figuresOf(measured, count, await fill(measured, count))
    } finally {
      await measured.stop()
    }
  }
  return { ours: await of("many", options.many), yardstick: await of("few", options.few) }
}
