/** A watch that is cut in the middle of a transaction: the informer misses nothing of it. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Transport } from "../../client/index.ts"
import { Informers } from "../../reconciler/index.ts"
import { ConfigMap } from "../../schemas/index.ts"
import { pass, settle } from "../kit/settle.ts"
import { makeWorld, startProcess } from "../kit/world.ts"

const objects = Array.from({ length: 10 }, (_, n) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `c${n}`, namespace: "default" },
}))

/** The first chunk of the first watch breaks after so many of its lines. */
const cutAfter = (inner: Transport, lines: number) => {
  const asked: string[] = []
  const broken = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      const all = Buffer.from(chunk).toString("utf8").split("\n")
      yield Buffer.from(
        all
          .slice(0, lines)
          .map((line) => `${line}\n`)
          .join(""),
      )
      throw new Error("connection reset")
    }
  }
  const transport: Transport = {
    request: async (request) => {
      const response = await inner.request(request)
      if (!request.path.includes("watch=true")) return response
      asked.push(new URL(request.path, "https://server").searchParams.get("resourceVersion") ?? "")
      return asked.length === 1 ? { ...response, body: broken(response.body) } : response
    },
  }
  return { transport, asked }
}

it.effect.each<readonly [number]>([[1], [5], [9]])(
  "cut after %s of 10 events of one revision, it is told of the others once",
  ([lines]) =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const { transport, asked } = cutAfter(world.transport(), lines)
      const process = yield* startProcess(world, transport)
      const told: Array<string> = []
      const informer = yield* Effect.flatMap(Informers, (informers) => informers.get(ConfigMap)).pipe(
        Effect.provideContext(process),
      )
      yield* informer.subscribe(({ new: now }) => told.push(now?.metadata.name ?? ""))
      yield* settle
      const { body } = yield* Effect.promise(() =>
        world.transport().request({
          method: "POST",
          path: "/apis/meta.miren.dev/v1alpha1/transactions",
          headers: {},
          body: Buffer.from(JSON.stringify({ spec: { fieldManager: "t", objects } })),
        }),
      )
      const chunks: Uint8Array[] = []
      yield* Effect.promise(async () => {
        for await (const chunk of body) chunks.push(chunk)
      })
      const { status } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
      yield* settle
      expect(told.length).toBe(lines)
      yield* pass(5)
      expect(asked[1]).toBe(status.resourceVersion)
      expect(told).toEqual(objects.map(({ metadata }) => metadata.name))
    }),
)
