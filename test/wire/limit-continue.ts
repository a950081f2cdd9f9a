/** Statements 2.2.25 to 2.2.31: lists in pages. */
import { describe, expect } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import {
  at,
  compactAll,
  configMap,
  configMaps,
  itemsOf,
  makeConfigMaps,
  namesOf,
  refusal,
  versionOf,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const five = ["a", "b", "c", "d", "e"]
const tokenOf = (list: JsonObject): string => encodeURIComponent(String(at(list, "metadata.continue")))

export const limitContinueSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.2 limit and continue`, () => {
    statement("2.2.25 a page has at most limit items, and says how many remain", async (world) => {
      await makeConfigMaps(world, five)
      const first = await world.get(`${configMaps}?limit=2`)
      expect([namesOf(first), at(first.json, "metadata.remainingItemCount")]).toEqual([["a", "b"], 3])
      const second = await world.get(`${configMaps}?limit=2&continue=${tokenOf(first.json)}`)
      expect([namesOf(second), at(second.json, "metadata.remainingItemCount")]).toEqual([["c", "d"], 1])
      const last = await world.get(`${configMaps}?limit=2&continue=${tokenOf(second.json)}`)
      expect(namesOf(last)).toEqual(["e"])
      expect(at(last.json, "metadata")).toEqual({ resourceVersion: versionOf(first.json) })
    })

    statement("2.2.25 with a selector nobody counts the rest, and nothing is lost", async (world) => {
      for (const each of five)
        await world.post(configMaps, configMap(each, {}, { labels: { odd: String("ace".includes(each)) } }))
      const first = await world.get(`${configMaps}?limit=2&labelSelector=odd%3Dtrue`)
      expect([namesOf(first), at(first.json, "metadata.remainingItemCount")]).toEqual([["a", "c"], undefined])
      const last = await world.get(
        `${configMaps}?limit=2&labelSelector=odd%3Dtrue&continue=${tokenOf(first.json)}`,
      )
      expect([namesOf(last), at(last.json, "metadata.continue")]).toEqual([["e"], undefined])
    })

    statement(
      "2.2.26 every page is of the first one's revision, whatever is written meanwhile",
      async (world) => {
        await makeConfigMaps(world, five)
        const first = await world.get(`${configMaps}?limit=2`)
        await world.delete(`${configMaps}/c`)
        await world.patch(`${configMaps}/d`, "merge", { data: { late: "yes" } })
        await makeConfigMaps(world, ["f"])
        const rest = await world.get(`${configMaps}?continue=${tokenOf(first.json)}`)
        expect([namesOf(rest), versionOf(rest.json)]).toEqual([["c", "d", "e"], versionOf(first.json)])
        expect(at(itemsOf(rest)[1], "data.late")).toBeUndefined()
      },
    )

    statement(
      "2.2.27 a token is unpadded URL-safe base64 of its version, revision and start",
      async (world) => {
        await makeConfigMaps(world, five)
        const first = await world.get(`${configMaps}?limit=2`)
        const token = String(at(first.json, "metadata.continue"))
        expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(JSON.parse(Buffer.from(token, "base64url").toString("utf8"))).toEqual({
          v: "meta.k8s.io/v1",
          rv: Number(versionOf(first.json)),
          start: expect.stringContaining("b"),
        })
      },
    )

    statement("2.2.27 a token that is none is 400", async (world) => {
      const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
      const tokens = [
        "garbage!",
        json({ v: "meta.k8s.io/v2", rv: 1, start: "a" }),
        json({ v: "meta.k8s.io/v1", rv: 1, start: "../../x" }),
        json([]),
      ]
      for (const token of tokens) {
        const answer = await world.get(`${configMaps}?limit=1&continue=${encodeURIComponent(token)}`)
        expect(refusal(answer)).toEqual([
          400,
          "BadRequest",
          expect.stringContaining("continue key is not valid"),
        ])
      }
    })

    statement(
      "2.2.28 an expired token is answered with one that goes on at the newest revision",
      async (world) => {
        await makeConfigMaps(world, five)
        const first = await world.get(`${configMaps}?limit=2`)
        await makeConfigMaps(world, ["f", "g"])
        await compactAll(world)
        const expired = await world.get(`${configMaps}?limit=2&continue=${tokenOf(first.json)}`)
        expect(refusal(expired)).toEqual([
          410,
          "Expired",
          expect.stringMatching(
            /^The provided continue parameter is too old to display a consistent list result\./,
          ),
        ])
        const rest = await world.get(`${configMaps}?continue=${tokenOf(expired.json)}`)
        expect(namesOf(rest)).toEqual(["c", "d", "e", "f", "g"])
        expect(Number(versionOf(rest.json))).toBeGreaterThan(Number(versionOf(first.json)))
      },
    )

    statement("2.2.29 continue with a resourceVersion other than 0 is 400", async (world) => {
      await makeConfigMaps(world, five)
      const first = await world.get(`${configMaps}?limit=2`)
      const token = tokenOf(first.json)
      expect(
        (await world.get(`${configMaps}?continue=${token}&resourceVersion=${versionOf(first.json)}`)).status,
      ).toBe(400)
      expect((await world.get(`${configMaps}?continue=${token}&resourceVersion=0`)).status).toBe(200)
    })

    statement(
      "2.2.30 with resourceVersion=0 a page may be whole: here limit holds all the same",
      async (world) => {
        await makeConfigMaps(world, five)
        await world.get(configMaps)
        const page = await world.get(`${configMaps}?limit=2&resourceVersion=0`)
        const rest = await world.get(`${configMaps}?continue=${tokenOf(page.json)}`)
        expect([...namesOf(page), ...namesOf(rest)]).toEqual(five)
      },
    )

    statement("2.2.31 an empty list has no items, but a list of them", async (world) => {
      for (const path of [configMaps, `${configMaps}?limit=5`, `${configMaps}?labelSelector=a%3Db`]) {
        expect((await world.get(path)).json.items).toEqual([])
      }
    })
  })
}
