/** Statements 2.6.64 to 2.6.71 and 2.6.79: deletion and finalizers. What the collector does is in garbage-collection.ts. */
import { describe, expect } from "vitest"
import {
  at,
  configMap,
  configMaps,
  defineWidgets,
  namesOf,
  refusal,
  told,
  versionOf,
  widget,
  widgets,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const held = { finalizers: ["example.com/x"] }

export const deleteSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.6 delete and finalizers`, () => {
    statement(
      "2.6.64 without finalizers an object is gone at once, and a Status says which",
      async (world) => {
        await defineWidgets(world)
        const { json } = await world.post(widgets, widget("a"))
        const answer = await world.delete(`${widgets}/a`)
        expect([answer.status, answer.json]).toEqual([
          200,
          {
            kind: "Status",
            apiVersion: "v1",
            metadata: {},
            status: "Success",
            details: { name: "a", group: "example.com", kind: "widgets", uid: at(json, "metadata.uid") },
          },
        ])
        expect((await world.get(`${widgets}/a`)).status).toBe(404)
      },
    )

    statement("2.6.65 finalizers hold an object until an update has removed the last", async (world) => {
      const made = await world.post(configMaps, configMap("a", {}, held))
      const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${versionOf(made.json)}`)
      const first = await world.delete(`${configMaps}/a`)
      expect([first.status, first.json.kind]).toEqual([200, "ConfigMap"])
      expect(at(first.json, "metadata")).toMatchObject({
        deletionTimestamp: "2030-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 0,
        finalizers: held.finalizers,
      })
      world.ambient.advance(5_000)
      const again = await world.delete(`${configMaps}/a`)
      expect([versionOf(again.json), at(again.json, "metadata.deletionTimestamp")]).toEqual([
        versionOf(first.json),
        "2030-01-01T00:00:00Z",
      ])
      const last = await world.patch(`${configMaps}/a`, "merge", { metadata: { finalizers: null } })
      expect([last.status, last.json.kind, at(last.json, "metadata.name")]).toEqual([200, "ConfigMap", "a"])
      expect((await world.get(`${configMaps}/a`)).status).toBe(404)
      expect(told(await watch.take(2))).toEqual(["MODIFIED a", "DELETED a"])
    })

    statement(
      "2.6.66 while it is being deleted an object takes updates, but no new finalizers",
      async (world) => {
        await world.post(configMaps, configMap("a", {}, held))
        await world.delete(`${configMaps}/a`)
        const more = await world.patch(`${configMaps}/a`, "merge", {
          metadata: { finalizers: ["example.com/x", "example.com/y"] },
        })
        expect(refusal(more)).toEqual([
          422,
          "Invalid",
          expect.stringContaining(
            'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/y"}',
          ),
        ])
        expect((await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } })).status).toBe(200)
      },
    )

    statement("2.6.67 its name is taken meanwhile", async (world) => {
      await world.post(configMaps, configMap("a", {}, held))
      await world.delete(`${configMaps}/a`)
      const answer = await world.post(configMaps, configMap("a"))
      expect(refusal(answer)).toEqual([
        409,
        "AlreadyExists",
        'object is being deleted: configmaps "a" already exists',
      ])
    })

    statement("2.6.68 preconditions that do not hold conflict", async (world) => {
      const { json } = await world.post(configMaps, configMap("a"))
      const uid = await world.delete(`${configMaps}/a`, { preconditions: { uid: "other" } })
      expect(refusal(uid)).toEqual([
        409,
        "Conflict",
        `Operation cannot be fulfilled on configmaps "a": the UID in the precondition (other) does not match the UID in record (${at(json, "metadata.uid")}). The object might have been deleted and then recreated`,
      ])
      const version = await world.delete(`${configMaps}/a`, { preconditions: { resourceVersion: "1" } })
      expect(refusal(version)).toEqual([
        409,
        "Conflict",
        expect.stringContaining(
          `the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${versionOf(json)})`,
        ),
      ])
      const both = { uid: String(at(json, "metadata.uid")), resourceVersion: versionOf(json) }
      expect((await world.delete(`${configMaps}/a`, { preconditions: both })).status).toBe(200)
    })

    statement("2.6.69 kinds without graceful deletion ignore the grace period", async (world) => {
      for (const grace of [-5, 0, 30]) {
        await world.post(configMaps, configMap("a"))
        expect((await world.delete(`${configMaps}/a`, { gracePeriodSeconds: grace })).json.status).toBe(
          "Success",
        )
      }
    })

    statement("2.6.70 options come in the body or in the query", async (world) => {
      await world.post(configMaps, configMap("a"))
      await world.delete(`${configMaps}/a?propagationPolicy=Foreground`)
      expect(at((await world.get(`${configMaps}/a`)).json, "metadata.finalizers")).toEqual([
        "foregroundDeletion",
      ])
      await world.post(configMaps, configMap("b"))
      const body = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Foreground" }
      await world.delete(`${configMaps}/b`, body)
      expect(at((await world.get(`${configMaps}/b`)).json, "metadata.finalizers")).toEqual([
        "foregroundDeletion",
      ])
      const both = await world.delete(`${configMaps}/b`, {
        orphanDependents: true,
        propagationPolicy: "Orphan",
      })
      expect(refusal(both).slice(0, 2)).toEqual([422, "Invalid"])
      const unknown = await world.delete(`${configMaps}/b`, { propagationPolicy: "Sideways" })
      expect(refusal(unknown).slice(0, 2)).toEqual([422, "Invalid"])
    })

    statement(
      "2.6.70 only orphanDependents=false answers 202, and only when the object is still there",
      async (world) => {
        await world.post(configMaps, configMap("a", {}, held))
        expect((await world.delete(`${configMaps}/a`, { orphanDependents: false })).status).toBe(202)
        await world.post(configMaps, configMap("b"))
        expect((await world.delete(`${configMaps}/b`, { orphanDependents: false })).status).toBe(200)
      },
    )

    statement("2.6.71 the policy sets its finalizer, and wins over those that are there", async (world) => {
      const rows = [
        ["Foreground", ["orphan"], ["foregroundDeletion"]],
        ["Orphan", ["foregroundDeletion"], ["orphan"]],
        ["Background", ["orphan", "example.com/x"], ["example.com/x"]],
        [undefined, ["orphan"], ["orphan"]],
      ] as const
      for (const [index, [policy, finalizers, expected]] of rows.entries()) {
        const each = `c${index}`
        await world.post(configMaps, configMap(each, {}, { finalizers: [...finalizers] }))
        const { json } = await world.delete(
          `${configMaps}/${each}`,
          policy === undefined ? {} : { propagationPolicy: policy },
        )
        expect(at(json, "metadata.finalizers"), policy).toEqual(expected)
      }
    })

    statement("2.6.79 deletecollection deletes what is selected and answers with it", async (world) => {
      for (const each of ["a", "b", "c"]) {
        await world.post(configMaps, configMap(each, {}, { labels: { keep: String(each === "c") } }))
      }
      const dry = await world.delete(`${configMaps}?labelSelector=keep%3Dfalse&dryRun=All`)
      expect([dry.status, namesOf(dry), namesOf(await world.get(configMaps))]).toEqual([
        200,
        ["a", "b"],
        ["a", "b", "c"],
      ])
      const answer = await world.delete(`${configMaps}?labelSelector=keep%3Dfalse`, {
        propagationPolicy: "Background",
      })
      expect([answer.status, answer.json.kind, namesOf(answer)]).toEqual([200, "ConfigMapList", ["a", "b"]])
      expect(namesOf(await world.get(configMaps))).toEqual(["c"])
      await world.delete(`${configMaps}?fieldSelector=metadata.name%3Dc`)
      expect(namesOf(await world.get(configMaps))).toEqual([])
    })
  })
}
