/** Statements 2.1.1 to 2.1.8: resourceVersion in get and list. */
import { describe, expect } from "vitest"
import {
  at,
  causesOf,
  compactAll,
  configMap,
  configMaps,
  makeConfigMaps,
  namesOf,
  refusal,
  told,
  versionOf,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

export const listSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.1 get and list`, () => {
    statement("2.1.1 a get without resourceVersion sees every write that was answered", async (world) => {
      await world.post(configMaps, configMap("a", { n: "0" }))
      for (let n = 1; n <= 10; n++) {
        await world.patch(`${configMaps}/a`, "merge", { data: { n: String(n) } })
        expect(at((await world.get(`${configMaps}/a`)).json, "data.n")).toBe(String(n))
      }
    })

    statement("2.1.1 a get at least as new as a resourceVersion is that new", async (world) => {
      const { json } = await world.post(configMaps, configMap("a"))
      for (const version of [versionOf(json), "0"]) {
        const found = await world.get(`${configMaps}/a?resourceVersion=${version}`)
        expect([found.status, versionOf(found.json)]).toEqual([200, versionOf(json)])
      }
    })

    statement("2.1.2 a resourceVersion beyond the current one is a Timeout with its cause", async (world) => {
      const { revision } = await world.store.get("/registry/~")
      const wanted = revision + 1000n
      for (const path of [`${configMaps}/a?`, `${configMaps}?`, `${configMaps}?watch=true&`]) {
        const waiting = world.get(`${path}resourceVersion=${wanted}`)
        for (let n = 0; n < 50; n++) {
          world.ambient.advance(1_000)
          await new Promise((resolve) => setImmediate(resolve))
        }
        const answer = await waiting
        expect(refusal(answer)).toEqual([
          504,
          "Timeout",
          expect.stringMatching(`^Timeout: Too large resource version: ${wanted}, current: \\d+$`),
        ])
        expect(causesOf(answer)[0]).toMatchObject({ reason: "ResourceVersionTooLarge" })
        expect(at(answer.json, "details.retryAfterSeconds")).toBe(1)
      }
    })

    statement(
      "2.1.3 a list is of the newest revision, and a watch goes on from it without a gap",
      async (world) => {
        await makeConfigMaps(world, ["a", "b"])
        const list = await world.get(configMaps)
        expect([versionOf(list.json), namesOf(list)]).toEqual([
          String((await world.store.get("/registry/~")).revision),
          ["a", "b"],
        ])
        await makeConfigMaps(world, ["c"])
        const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${versionOf(list.json)}`)
        expect(told(await watch.take(1))).toEqual(["ADDED c"])
      },
    )

    statement("2.1.4 resourceVersionMatch without resourceVersion is Invalid", async (world) => {
      const answer = await world.get(`${configMaps}?resourceVersionMatch=Exact`)
      expect([answer.status, answer.json.reason]).toEqual([422, "Invalid"])
      expect(causesOf(answer)).toEqual([
        {
          reason: "FieldValueForbidden",
          field: "resourceVersionMatch",
          message: "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        },
      ])
    })

    statement(
      "2.1.5 resourceVersionMatch with continue, unknown, or Exact at 0 is Invalid",
      async (world) => {
        const rows = [
          [
            "limit=1&continue=x&resourceVersionMatch=NotOlderThan",
            "resourceVersionMatch is forbidden when continue is provided",
          ],
          [
            "resourceVersion=1&resourceVersionMatch=Near",
            'Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""',
          ],
          [
            "resourceVersion=0&resourceVersionMatch=Exact",
            'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"',
          ],
        ] as const
        for (const [query, text] of rows) {
          const answer = await world.get(`${configMaps}?${query}`)
          expect([answer.status, answer.json.message]).toEqual([422, expect.stringContaining(text)])
        }
      },
    )

    statement("2.1.6 an Exact list is the collection as of its resourceVersion", async (world) => {
      await makeConfigMaps(world, ["a", "b"])
      const then = versionOf((await world.get(configMaps)).json)
      await world.delete(`${configMaps}/a`)
      await makeConfigMaps(world, ["c"])
      const exact = await world.get(`${configMaps}?resourceVersion=${then}&resourceVersionMatch=Exact`)
      expect([versionOf(exact.json), namesOf(exact)]).toEqual([then, ["a", "b"]])
      const newer = await world.get(`${configMaps}?resourceVersion=${then}&resourceVersionMatch=NotOlderThan`)
      expect(namesOf(newer)).toEqual(["b", "c"])
    })

    statement("2.1.7 a list at a compacted revision is 410 Expired", async (world) => {
      await makeConfigMaps(world, ["a"])
      const then = versionOf((await world.get(configMaps)).json)
      await makeConfigMaps(world, ["b", "c"])
      await compactAll(world)
      const gone = await world.get(`${configMaps}?resourceVersion=${then}&resourceVersionMatch=Exact`)
      expect([gone.status, gone.json.reason, gone.json.code]).toEqual([410, "Expired", 410])
    })

    statement("2.1.8 a resourceVersion that is no number is the client's error", async (world) => {
      for (const path of [`${configMaps}?`, `${configMaps}/a?`, `${configMaps}?watch=true&`]) {
        for (const version of ["abc", "1.5", "-1", "99999999999999999999999"]) {
          const answer = await world.get(`${path}resourceVersion=${version}`)
          expect([400, 422], `${path}${version}`).toContain(answer.status)
        }
      }
    })
  })
}
