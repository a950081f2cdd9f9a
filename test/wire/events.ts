/** Statement 2.13.144: core/v1 and events.k8s.io/v1 Events are one storage seen twice. */
import { describe, expect } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { at, causesOf, namesOf, refusal, told, versionOf, type World } from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const older = "/api/v1/namespaces/default/events"
const newer = "/apis/events.k8s.io/v1/namespaces/default/events"
const about = { apiVersion: "example.com/v1", kind: "Widget", namespace: "default", name: "w", uid: "u" }
const time = "2030-01-01T00:00:00.123456Z"

const olderEvent = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name },
  involvedObject: about,
  type: "Normal",
  reason: "Made",
  message: "It was made.",
  source: { component: "maker", host: "h" },
  firstTimestamp: "2030-01-01T00:00:00Z",
  lastTimestamp: "2030-01-01T00:00:05Z",
  count: 3,
  ...more,
})

const newerEvent = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name },
  regarding: about,
  eventTime: time,
  type: "Warning",
  reason: "Lost",
  action: "Looking",
  note: "It was lost.",
  reportingController: "example.com/keeper",
  reportingInstance: "keeper-1",
  ...more,
})

const causeFields = async (world: World, event: JsonObject): Promise<ReadonlyArray<unknown>> =>
  causesOf(await world.post(newer, event)).map(({ field }) => field)

export const eventsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.13 events`, () => {
    statement("2.13.144 an event of core/v1 is read in the newer words", async (world) => {
      const made = await world.post(older, olderEvent("e"))
      const found = await world.get(`${newer}/e`)
      expect(found.json).toMatchObject({
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: "e", uid: at(made.json, "metadata.uid"), resourceVersion: versionOf(made.json) },
        regarding: about,
        type: "Normal",
        reason: "Made",
        note: "It was made.",
        eventTime: null,
        deprecatedSource: { component: "maker", host: "h" },
        deprecatedFirstTimestamp: "2030-01-01T00:00:00Z",
        deprecatedLastTimestamp: "2030-01-01T00:00:05Z",
        deprecatedCount: 3,
      })
      for (const word of ["involvedObject", "message", "source", "count"])
        expect(found.json).not.toHaveProperty(word)
    })

    statement("2.13.144 an event of events.k8s.io/v1 is read in the older words", async (world) => {
      const made = await world.post(newer, newerEvent("e"))
      expect([made.status, made.json.apiVersion, made.json.note]).toEqual([
        201,
        "events.k8s.io/v1",
        "It was lost.",
      ])
      const found = await world.get(`${older}/e`)
      expect(found.json).toMatchObject({
        apiVersion: "v1",
        involvedObject: about,
        message: "It was lost.",
        reportingComponent: "example.com/keeper",
        eventTime: time,
      })
      expect(versionOf(found.json)).toBe(versionOf(made.json))
    })

    statement("2.13.144 lists, watches and selections of both see the same events", async (world) => {
      const watches = [
        await world.watch(`${older}?watch=true`),
        await world.watch(`${newer}?watch=true`),
      ] as const
      await world.post(older, olderEvent("a"))
      await world.post(newer, newerEvent("b"))
      await world.delete(`${newer}/a`)
      for (const watch of watches)
        expect(told(await watch.take(3))).toEqual(["ADDED a", "ADDED b", "DELETED a"])
      for (const [path, selector] of [
        [older, "involvedObject.name=w,reason=Lost,reportingComponent=example.com/keeper"],
        [newer, "regarding.name=w,reason=Lost,reportingController=example.com/keeper"],
      ] as const) {
        expect(namesOf(await world.get(path))).toEqual(["b"])
        expect(namesOf(await world.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`))).toEqual([
          "b",
        ])
      }
      expect((await world.get(`${newer}?fieldSelector=involvedObject.name%3Dw`)).status).toBe(400)
      const list = await world.get(newer)
      expect([list.json.kind, list.json.apiVersion]).toEqual(["EventList", "events.k8s.io/v1"])
    })

    statement("2.13.144 patches and applies in the newer words change what is stored", async (world) => {
      await world.post(newer, newerEvent("e"))
      const series = { count: 2, lastObservedTime: time }
      const merged = await world.patch(`${newer}/e`, "merge", { series })
      expect([merged.status, merged.json.series]).toEqual([200, series])
      expect((await world.get(`${older}/e`)).json.series).toEqual(series)
      const put = await world.put(`${newer}/e`, { ...merged.json, series: { ...series, count: 3 } })
      expect(at(put.json, "series.count")).toBe(3)
      const applied = await world.patch(`${newer}/f?fieldManager=m`, "apply", newerEvent("f"))
      expect([applied.status, (await world.get(`${older}/f`)).json.message]).toEqual([201, "It was lost."])
      expect((await world.delete(newer)).status).toBe(200)
      expect(namesOf(await world.get(older))).toEqual([])
    })

    statement("2.13.144 a refusal speaks of the events that were asked about", async (world) => {
      await world.post(newer, newerEvent("e"))
      const group = { name: "e", group: "events.k8s.io", kind: "events" }
      const twice = await world.post(newer, newerEvent("e"))
      expect([...refusal(twice), at(twice.json, "details")]).toEqual([
        409,
        "AlreadyExists",
        'events.events.k8s.io "e" already exists',
        group,
      ])
      expect((await world.post(older, olderEvent("e"))).json.message).toBe('events "e" already exists')
      const missing = await world.patch(`${newer}/x`, "merge", {})
      expect(missing.json.message).toBe('events.events.k8s.io "x" not found')
      expect((await world.delete(`${newer}/x`)).json.message).toBe('events.events.k8s.io "x" not found')
      const stale = await world.put(
        `${newer}/e`,
        newerEvent("e", { metadata: { name: "e", resourceVersion: "1" } }),
      )
      expect(stale.json.message).toContain(
        'Operation cannot be fulfilled on events.events.k8s.io "e": the object has',
      )
    })

    statement("2.13.144 an event lives in the namespace of its object", async (world) => {
      const elsewhere = { ...about, namespace: "kube-system" }
      const answer = await world.post(older, olderEvent("e", { involvedObject: elsewhere }))
      expect(refusal(answer)).toEqual([
        422,
        "Invalid",
        expect.stringContaining(
          'involvedObject.namespace: Invalid value: "kube-system": does not match event.namespace',
        ),
      ])
      const { namespace: _, ...cluster } = about
      expect((await world.post(older, olderEvent("e", { involvedObject: cluster }))).status).toBe(201)
      const wrong = await world.post(
        "/api/v1/namespaces/kube-system/events",
        olderEvent("e", { involvedObject: cluster }),
      )
      expect(wrong.status).toBe(422)
    })

    statement("2.13.144 new events say who, when and what, in the newer words only", async (world) => {
      const {
        eventTime: _,
        reportingController: __,
        reportingInstance: ___,
        action: ____,
        ...bare
      } = newerEvent("e")
      expect(await causeFields(world, { ...bare, eventTime: time })).toEqual([
        "reportingController",
        "reportingInstance",
        "action",
      ])
      expect(await causeFields(world, bare)).toEqual(["eventTime"])
      const old = { deprecatedCount: 1, deprecatedSource: { component: "x" }, deprecatedFirstTimestamp: time }
      expect(await causeFields(world, newerEvent("e", old))).toEqual(["firstTimestamp", "count", "source"])
      expect(
        await causeFields(world, newerEvent("e", { series: { count: 1, lastObservedTime: time } })),
      ).toEqual(["series.count"])
      await world.post(newer, newerEvent("e"))
      const changed = await world.patch(`${newer}/e`, "merge", { note: "Something else." })
      expect(causesOf(changed)).toEqual([
        {
          field: "message",
          reason: "FieldValueInvalid",
          message: expect.stringContaining("field is immutable"),
        },
      ])
    })

    statement("2.13.144 a Table of the newer events tells when they were last seen", async (world) => {
      await world.post(older, olderEvent("e"))
      world.ambient.advance(65_000)
      const { json } = await world.get(newer, {
        headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      })
      expect([at(json, "columnDefinitions.1.name"), at(json, "rows.0.cells.1")]).toEqual(["Last Seen", "60s"])
    })
  })
}
