/** Statements 2.1.9 to 2.1.23: watches. What needs a socket is in over-tls.ts. */
import { describe, expect } from "vitest"
import {
  at,
  compactAll,
  configMap,
  configMaps,
  defineWidgets,
  makeConfigMaps,
  refusal,
  told,
  versionOf,
  type World,
  widget,
  widgets,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const label = (world: World, value: string) =>
  world.patch(`${configMaps}/a`, "merge", { metadata: { labels: { in: value } } })

export const watchSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.1 watch`, () => {
    statement(
      "2.1.9 without resourceVersion, or with 0, a watch begins with what is there",
      async (world) => {
        await makeConfigMaps(world, ["a", "b"])
        for (const query of ["watch=true", "watch=1&resourceVersion=0"]) {
          const watch = await world.watch(`${configMaps}?${query}`)
          expect(told(await watch.take(2))).toEqual(["ADDED a", "ADDED b"])
        }
      },
    )

    statement("2.1.9 with resourceVersion=N only later events arrive", async (world) => {
      const { json } = await world.post(configMaps, configMap("a"))
      const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${versionOf(json)}`)
      await makeConfigMaps(world, ["b"])
      expect(told(await watch.take(1))).toEqual(["ADDED b"])
    })

    statement("2.1.10 a watch from a too old resourceVersion is one ERROR event in a 200", async (world) => {
      const { json } = await world.post(configMaps, configMap("a"))
      const old = versionOf(json)
      await makeConfigMaps(world, ["b", "c"])
      await compactAll(world)
      const again = await openServer({ store: world.store })
      try {
        const watch = await again.world.watch(`${configMaps}?watch=true&resourceVersion=${old}`)
        expect(watch.response.status).toBe(200)
        const error = await watch.next()
        expect([error?.type, error?.object]).toEqual([
          "ERROR",
          expect.objectContaining({ kind: "Status", code: 410, reason: "Expired", status: "Failure" }),
        ])
        expect(String(error?.object.message)).toMatch(
          new RegExp(`^too old resource version: ${old} \\(\\d+\\)$`),
        )
        expect(await watch.next()).toBeUndefined()
      } finally {
        await again.close()
      }
    })

    statement("2.1.11 concurrent watches see the same events in the order of revisions", async (world) => {
      const watches = await Promise.all(
        Array.from({ length: 5 }, () => world.watch(`${configMaps}?watch=true`)),
      )
      const names = Array.from({ length: 10 }, (_, n) => `c${n}`)
      await Promise.all(names.map((each) => world.post(configMaps, configMap(each))))
      await Promise.all(names.map((each) => world.delete(`${configMaps}/${each}`)))
      const seen = await Promise.all(
        watches.map(async (watch) => (await watch.take(20)).map(({ object }) => Number(versionOf(object)))),
      )
      for (const versions of seen) {
        expect(versions).toEqual(seen[0])
        expect(versions).toEqual([...versions].sort((a, b) => a - b))
      }
    })

    statement("2.1.12 DELETED carries the last state with the revision of the deletion", async (world) => {
      const { json } = await world.post(configMaps, configMap("a", { k: "v" }))
      const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${versionOf(json)}`)
      await world.delete(`${configMaps}/a`)
      const event = await watch.next()
      const { revision } = await world.store.get("/registry/~")
      expect([event?.type, at(event?.object, "data.k"), versionOf(event?.object)]).toEqual([
        "DELETED",
        "v",
        String(revision),
      ])
    })

    statement(
      "2.1.13 leaving a selection is DELETED, entering it ADDED, outside it is silence",
      async (world) => {
        const watch = await world.watch(`${configMaps}?watch=true&labelSelector=in%3Dyes`)
        await world.post(configMaps, configMap("a", {}, { labels: { in: "no" } }))
        await world.post(configMaps, configMap("b"))
        await label(world, "yes")
        const left = await label(world, "no")
        await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } })
        await label(world, "yes")
        await world.delete(`${configMaps}/a`)
        const events = await watch.take(4)
        expect(told(events)).toEqual(["ADDED a", "DELETED a", "ADDED a", "DELETED a"])
        expect(versionOf(events[1]?.object)).toBe(versionOf(left.json))
      },
    )

    statement(
      "2.1.14 a write that changes nothing keeps the resourceVersion and tells nobody",
      async (world) => {
        const { json } = await world.post(configMaps, configMap("a", { k: "v" }))
        const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${versionOf(json)}`)
        world.ambient.advance(5_000)
        const same = [
          await world.put(`${configMaps}/a`, configMap("a", { k: "v" })),
          await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } }),
          await world.patch(`${configMaps}/a`, "json", []),
        ]
        expect(same.map((answer) => [answer.status, versionOf(answer.json)])).toEqual(
          same.map(() => [200, versionOf(json)]),
        )
        await makeConfigMaps(world, ["b"])
        expect(told(await watch.take(1))).toEqual(["ADDED b"])
      },
    )

    statement("2.1.16 timeoutSeconds ends a watch cleanly, without an event", async (world) => {
      const watch = await world.watch(`${configMaps}?watch=true&timeoutSeconds=5`)
      await makeConfigMaps(world, ["a"])
      expect(told(await watch.take(1))).toEqual(["ADDED a"])
      world.ambient.advance(5_000)
      expect(await watch.next()).toBeUndefined()
    })

    statement("2.1.16 without it a watch ends between half an hour and an hour", async (world) => {
      const watch = await world.watch(`${configMaps}?watch=true`)
      world.ambient.advance(1_799_000)
      await makeConfigMaps(world, ["a"])
      expect(told(await watch.take(1))).toEqual(["ADDED a"])
      world.ambient.advance(1_801_000)
      expect(await watch.next()).toBeUndefined()
    })

    statement("2.1.17 timeout does not bound a watch", async (world) => {
      const watch = await world.watch(`${configMaps}?watch=true&timeout=1s`)
      world.ambient.advance(10_000)
      await makeConfigMaps(world, ["a"])
      expect(told(await watch.take(1))).toEqual(["ADDED a"])
    })

    statement("2.1.18 bookmarks come every minute and before the timeout, to who asked", async (world) => {
      const query = "watch=true&timeoutSeconds=90"
      const asked = await world.watch(`${configMaps}?${query}&allowWatchBookmarks=true`)
      const silent = await world.watch(`${configMaps}?${query}`)
      const { revision } = await world.store.get("/registry/~")
      world.ambient.advance(60_000)
      const bookmark = await asked.next()
      expect(bookmark?.type).toBe("BOOKMARK")
      expect(bookmark?.object).toMatchObject({
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { resourceVersion: String(revision) },
      })
      expect(Object.keys(bookmark?.object ?? {}).sort()).toEqual(["apiVersion", "kind", "metadata"])
      world.ambient.advance(30_000)
      expect([(await asked.next())?.type, await asked.next()]).toEqual(["BOOKMARK", undefined])
      expect(await silent.next()).toBeUndefined()
    })

    statement("2.1.19 sendInitialEvents and resourceVersionMatch need each other", async (world) => {
      const rows = [
        [
          "watch=true&sendInitialEvents=true",
          "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ],
        [
          "watch=true&sendInitialEvents=false&resourceVersion=1&resourceVersionMatch=Exact",
          "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ],
        [
          "watch=true&resourceVersion=1&resourceVersionMatch=NotOlderThan",
          "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ],
        ["sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"],
      ] as const
      for (const [query, text] of rows) {
        const answer = await world.get(`${configMaps}?${query}`)
        expect(refusal(answer)).toEqual([422, "Invalid", expect.stringContaining(text)])
      }
    })

    statement(
      "2.1.20 a streaming list is ADDED for each match, one marked bookmark, then live",
      async (world) => {
        await makeConfigMaps(world, ["a", "b"])
        const query =
          "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        for (const version of [
          "",
          "&resourceVersion=0",
          `&resourceVersion=${versionOf((await world.get(configMaps)).json)}`,
        ]) {
          const watch = await world.watch(`${configMaps}?${query}${version}`)
          expect(told(await watch.take(2))).toEqual(["ADDED a", "ADDED b"])
          const end = await watch.next()
          expect([end?.type, at(end?.object, "metadata.annotations")]).toEqual([
            "BOOKMARK",
            { "k8s.io/initial-events-end": "true" },
          ])
          expect(versionOf(end?.object)).toBe(versionOf((await world.get(configMaps)).json))
          await world.patch(`${configMaps}/b`, "merge", { data: { k: version } })
          expect(told(await watch.take(1))).toEqual(["MODIFIED b"])
          watch.close()
        }
      },
    )

    statement("2.1.20 without initial events a watch begins with what comes later", async (world) => {
      await makeConfigMaps(world, ["a"])
      const watch = await world.watch(
        `${configMaps}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      )
      await makeConfigMaps(world, ["b"])
      expect(told(await watch.take(1))).toEqual(["ADDED b"])
    })

    statement(
      "2.1.21 a view that nobody has is 406 on a watch, unless JSON is asked for behind it",
      async (world) => {
        const nobody = "application/json;as=Nothing;v=v1;g=meta.k8s.io"
        const path = `${configMaps}?watch=true&timeoutSeconds=1`
        expect((await world.get(path, { headers: { accept: nobody } })).status).toBe(406)
        const watch = await world.watch(path, { accept: `${nobody},application/json` })
        await makeConfigMaps(world, ["a"])
        expect([watch.response.status, told(await watch.take(1))]).toEqual([200, ["ADDED a"]])
      },
    )

    statement(
      "2.1.22 a watch of one name by path, by field and by the old path is the same",
      async (world) => {
        await defineWidgets(world)
        const paths = [
          `${widgets}/a?watch=1`,
          `${widgets}?watch=1&fieldSelector=metadata.name%3Da`,
          "/apis/example.com/v1/watch/namespaces/default/widgets/a",
        ]
        const watches = await Promise.all(paths.map((path) => world.watch(path)))
        await world.post(widgets, widget("b"))
        await world.post(widgets, widget("a"))
        for (const watch of watches) expect(told(await watch.take(1))).toEqual(["ADDED a"])
        const odd = await world.get(`${widgets}/a?watch=1&fieldSelector=metadata.name%3Db`)
        expect(refusal(odd)).toEqual([
          400,
          "BadRequest",
          "fieldSelector metadata.name doesn't match requested name",
        ])
      },
    )
  })
}
