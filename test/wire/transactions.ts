/** Transactions: several objects applied in one revision or none (no statement of their own; beside 2.8). */
import { describe, expect } from "vitest"
import type { UserInfo } from "../../apiserver/index.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  type Answer,
  at,
  causesOf,
  configMap,
  configMaps,
  crds,
  defineWidgets,
  refusal,
  told,
  versionOf,
  type World,
  widget,
  widgets,
  widgetsCrd,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const transactions = "/apis/meta.miren.dev/v1alpha1/transactions"
const partOf = "applyset.kubernetes.io/part-of"
const secrets = "/api/v1/namespaces/default/secrets"

const inDefault = { namespace: "default" }
const settings = (name: string, data: { readonly [key: string]: string } = {}, more: JsonObject = {}) =>
  configMap(name, data, { ...inDefault, ...more })
const secret = (name: string, stringData: { readonly [key: string]: string }): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, ...inDefault },
  stringData,
})
const namespace = (name: string, labels: { readonly [key: string]: string } = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
})

interface Asking {
  readonly spec?: JsonObject
  readonly query?: string
  readonly user?: UserInfo
}

const transact = (
  world: World,
  objects: ReadonlyArray<JsonObject>,
  { spec = {}, query = "", user }: Asking = {},
): Promise<Answer> =>
  world.post(
    `${transactions}${query}`,
    {
      apiVersion: "meta.miren.dev/v1alpha1",
      kind: "Transaction",
      metadata: {},
      spec: { fieldManager: "t", objects, ...spec },
    } as Json,
    user === undefined ? {} : { user },
  )

const results = ({ json }: Answer): ReadonlyArray<JsonObject> =>
  (at(json, "status.objects") ?? []) as unknown as JsonObject[]
const outcomes = (answer: Answer): ReadonlyArray<string> =>
  results(answer).map(({ kind, namespace: where, name, outcome }) =>
    [`${outcome} ${kind}`, where === undefined ? name : `${where}/${name}`].join(" "),
  )
const revisionOf = ({ json }: Answer): string => String(at(json, "status.resourceVersion"))
const newest = async (world: World): Promise<bigint> => (await world.store.get("/registry/~")).revision

const member: UserInfo = { name: "mia", groups: ["system:authenticated"] }

/** Lets mia do this in the namespace `default`. */
const allow = async (world: World, rules: ReadonlyArray<JsonObject>): Promise<void> => {
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
  const group = "rbac.authorization.k8s.io"
  const apiVersion = `${group}/v1`
  const metadata = { name: "mia" }
  await world.post(`${rbac}/roles`, { apiVersion, kind: "Role", metadata, rules } as Json)
  const subjects = [{ kind: "User", apiGroup: group, name: member.name }]
  const roleRef = { apiGroup: group, kind: "Role", name: "mia" }
  const bound = await world.post(`${rbac}/rolebindings`, {
    apiVersion,
    kind: "RoleBinding",
    metadata,
    subjects,
    roleRef,
  })
  if (bound.status !== 201) throw new Error(bound.text)
  // Rights hold once the server has heard of them, and a read waits for that.
  await world.get(`${rbac}/rolebindings/mia`)
}

export const transactionsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: transactions`, () => {
    statement("a transaction is discoverable, and can only be created", async (world) => {
      const { json } = await world.get("/apis/meta.miren.dev/v1alpha1")
      const rows = (json.resources ?? []) as unknown as ReadonlyArray<JsonObject>
      expect(rows.map((row) => [row.name, row.kind, row.namespaced, row.verbs])).toEqual([
        ["causereviews", "CauseReview", false, ["create"]],
        ["transactions", "Transaction", false, ["create"]],
      ])
      expect((await world.get(transactions)).status).toBe(405)
      expect((await world.get(`${transactions}/a`)).status).toBe(405)
    })

    statement("objects of several kinds are written in one revision, and each is told of", async (world) => {
      await defineWidgets(world)
      await world.post(configMaps, configMap("old", { a: "1" }))
      const before = await newest(world)
      const answer = await transact(world, [
        settings("new", { a: "1" }),
        widget("w", { color: "blue" }, inDefault),
        settings("old", { b: "2" }),
        secret("s", { password: "p" }),
      ])
      expect([answer.status, answer.json.kind]).toEqual([201, "Transaction"])
      expect(outcomes(answer)).toEqual([
        "created ConfigMap default/new",
        "created Widget default/w",
        "configured ConfigMap default/old",
        "created Secret default/s",
      ])
      const revision = revisionOf(answer)
      expect([BigInt(revision), await newest(world)]).toEqual([before + 1n, before + 1n])
      const paths = [`${configMaps}/new`, `${widgets}/w`, `${configMaps}/old`, `${secrets}/s`]
      for (const [index, path] of paths.entries()) {
        const { json } = await world.get(path)
        expect([versionOf(json), at(json, "metadata.uid")], path).toEqual([
          revision,
          results(answer)[index]?.uid,
        ])
        expect(results(answer)[index]?.resourceVersion).toBe(revision)
      }
      expect(at((await world.get(`${configMaps}/old`)).json, "data")).toEqual({ a: "1", b: "2" })
    })

    statement(
      "each object is written as its own apply would have: defaults, owners, generation",
      async (world) => {
        await defineWidgets(world)
        await transact(world, [widget("a", { replicas: 1 }, inDefault)])
        const type = { headers: { "content-type": "application/apply-patch+yaml" } }
        await world.send("PATCH", `${widgets}/b?fieldManager=t`, {
          body: widget("b", { replicas: 1 }),
          ...type,
        })
        const shape = async (one: string) => {
          const { json } = await world.get(`${widgets}/${one}`)
          const { managedFields, generation } = json.metadata as unknown as JsonObject
          return JSON.stringify([json.spec, generation, managedFields])
        }
        expect(await shape("a")).toBe(await shape("b"))
      },
    )

    statement("one that is refused keeps the other 99 from being written", async (world) => {
      const objects = Array.from({ length: 99 }, (_, n) => settings(`c${n}`))
      const before = await newest(world)
      const answer = await transact(world, [...objects, settings("Not A Name")])
      expect(answer.status).toBe(422)
      expect(await newest(world)).toBe(before)
      expect((await world.get(configMaps)).json.items).toEqual([])
      expect((await transact(world, [...objects, settings("a-name")])).status).toBe(201)
      expect(await newest(world)).toBe(before + 1n)
    })

    statement(
      "a refusal names every object that is wrong: its kind, name, field and reason",
      async (world) => {
        await defineWidgets(world)
        await world.send("PATCH", `${configMaps}/owned?fieldManager=other`, {
          body: configMap("owned", { k: "theirs" }),
          headers: { "content-type": "application/apply-patch+yaml" },
        })
        const answer = await transact(world, [
          settings("fine"),
          widget("w", { replicas: -1 }, inDefault),
          settings("owned", { k: "mine" }),
          { ...settings("lost"), metadata: { name: "lost", namespace: "nowhere" } },
          { apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "g" } },
          { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "placeless" } },
          settings("fine"),
        ])
        expect([answer.status, answer.json.reason]).toEqual([422, "Invalid"])
        expect(causesOf(answer).map(({ reason, field }) => [reason, field])).toEqual([
          ["NotFound", "spec.objects[4]"],
          ["FieldValueRequired", "spec.objects[5].metadata.namespace"],
          ["FieldValueDuplicate", "spec.objects[6].metadata.name"],
          ["FieldValueInvalid", "spec.objects[1].spec.replicas"],
          ["FieldManagerConflict", "spec.objects[2].data.k"],
          ["NotFound", "spec.objects[3]"],
        ])
        const messages = causesOf(answer).map(({ message }) => String(message))
        expect(messages[3]).toMatch(/^Widget default\/w: .*should be greater than or equal to 0/)
        expect(messages[4]).toBe('ConfigMap default/owned: conflict with "other"')
        expect(messages[5]).toBe('ConfigMap nowhere/lost: namespaces "nowhere" not found')
        expect(answer.json.message).toMatch(/^nothing was written: 6 of 7 objects refused: /)
        const forced = await transact(world, [settings("owned", { k: "mine" })], { spec: { force: true } })
        expect(outcomes(forced)).toEqual(["configured ConfigMap default/owned"])
      },
    )

    statement("what all are refused for is the reason of the refusal", async (world) => {
      const lost = { ...settings("lost"), metadata: { name: "lost", namespace: "nowhere" } }
      const { status, json } = await transact(world, [lost])
      expect([status, json.reason]).toEqual([404, "NotFound"])
    })

    statement("a transaction that changes nothing writes nothing", async (world) => {
      const objects = [settings("a", { k: "v" }), settings("b")]
      const first = await transact(world, objects)
      const before = await newest(world)
      const again = await transact(world, objects)
      expect(outcomes(again)).toEqual(["unchanged ConfigMap default/a", "unchanged ConfigMap default/b"])
      expect([revisionOf(again), await newest(world)]).toEqual([String(before), before])
      expect(results(again).map((one) => one.resourceVersion)).toEqual([revisionOf(first), revisionOf(first)])
      const some = await transact(world, [settings("a", { k: "v" }), settings("b", { k: "v" })])
      expect(outcomes(some)).toEqual(["unchanged ConfigMap default/a", "configured ConfigMap default/b"])
      expect(results(some).map((one) => one.resourceVersion)).toEqual([revisionOf(first), revisionOf(some)])
    })

    statement("a dry run tells what would become of each, and writes nothing", async (world) => {
      await world.post(configMaps, configMap("old", { a: "1" }))
      await transact(world, [settings("same", { a: "1" }), settings("gone")], { spec: { prune: "app" } })
      const before = await newest(world)
      const answer = await transact(
        world,
        [
          namespace("team"),
          { ...settings("in"), metadata: { name: "in", namespace: "team" } },
          settings("same", { a: "1" }),
          settings("old", { b: "2" }),
        ],
        { query: "?dryRun=All", spec: { prune: "app" } },
      )
      expect([answer.status, outcomes(answer)]).toEqual([
        201,
        [
          "created Namespace team",
          "created ConfigMap team/in",
          "unchanged ConfigMap default/same",
          "configured ConfigMap default/old",
          "pruned ConfigMap default/gone",
        ],
      ])
      expect(at(answer.json, "status.resourceVersion")).toBeUndefined()
      expect(await newest(world)).toBe(before)
      const refused = await transact(world, [settings("Bad Name")], { query: "?dryRun=All" })
      expect(refused.status).toBe(422)
    })

    statement(
      "a Namespace and what is in it come together; a definition and its objects do not",
      async (world) => {
        const inside = { ...settings("in"), metadata: { name: "in", namespace: "team" } }
        const together = await transact(world, [inside, namespace("team")])
        expect(outcomes(together)).toEqual(["created ConfigMap team/in", "created Namespace team"])
        expect(at((await world.get("/api/v1/namespaces/team")).json, "metadata.resourceVersion")).toBe(
          revisionOf(together),
        )
        const answer = await transact(world, [widgetsCrd(), widget("w", {}, inDefault)])
        expect([answer.status, causesOf(answer)]).toEqual([
          404,
          [
            {
              reason: "NotFound",
              field: "spec.objects[1]",
              message:
                'Widget default/w: no kind "Widget" in "example.com/v1": its CustomResourceDefinition is in the same transaction: apply that first, and its objects once it is Established',
            },
          ],
        ])
        expect((await transact(world, [widgetsCrd()])).status).toBe(201)
        expect((await world.get(`${crds}/widgets.example.com`)).status).toBe(200)
        expect((await transact(world, [widget("w", {}, inDefault)])).status).toBe(201)
        await world.post("/api/v1/namespaces/team/finalize", {})
      },
    )

    statement("in a Namespace that is going nothing is made", async (world) => {
      await transact(world, [namespace("team")])
      await world.delete("/api/v1/namespaces/team")
      const inside = { ...settings("in"), metadata: { name: "in", namespace: "team" } }
      for (const objects of [[inside], [inside, namespace("team")]]) {
        const answer = await transact(world, objects)
        expect([answer.status, answer.json.reason]).toEqual([403, "Forbidden"])
      }
    })

    statement("a policy for a Namespace is in force for what comes together with it", async (world) => {
      const group = "/apis/admissionregistration.k8s.io/v1"
      const apiVersion = "admissionregistration.k8s.io/v1"
      const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] }
      await world.post(`${group}/validatingadmissionpolicies`, {
        apiVersion,
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "named" },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [
            { expression: "object.metadata.name.startsWith(namespaceObject.metadata.labels.team)" },
          ],
        },
      })
      await world.post(`${group}/validatingadmissionpolicybindings`, {
        apiVersion,
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: "named" },
        spec: {
          policyName: "named",
          validationActions: ["Deny"],
          matchResources: { namespaceSelector: { matchExpressions: [{ key: "team", operator: "Exists" }] } },
        },
      })
      const inside = (one: string) => ({ ...settings(one), metadata: { name: one, namespace: "reds" } })
      const refused = await transact(world, [namespace("reds", { team: "red" }), inside("blue-one")])
      expect([refused.status, causesOf(refused)[0]?.field]).toEqual([422, "spec.objects[1]"])
      expect((await world.get("/api/v1/namespaces/reds")).status).toBe(404)
      expect((await transact(world, [namespace("reds", { team: "red" }), inside("red-one")])).status).toBe(
        201,
      )
    })

    statement("watchers of two kinds see one resourceVersion, and each all of its part", async (world) => {
      await defineWidgets(world)
      await world.post(configMaps, configMap("b"))
      const maps = await world.watch(`${configMaps}?watch=true`)
      const ones = await world.watch(`${widgets}?watch=true`)
      await maps.take(1)
      const answer = await transact(world, [
        settings("a"),
        widget("w", {}, inDefault),
        settings("b", { k: "v" }),
        widget("v", {}, inDefault),
      ])
      const seen = [...(await maps.take(2)), ...(await ones.take(2))]
      expect(told(seen)).toEqual(["ADDED a", "MODIFIED b", "ADDED w", "ADDED v"])
      expect(new Set(seen.map(({ object }) => versionOf(object)))).toEqual(new Set([revisionOf(answer)]))
      maps.close()
      ones.close()
    })

    statement(
      "a watch from a revision of several events tells them again: it may have been cut among them",
      async (world) => {
        await world.post(configMaps, configMap("gone"))
        await transact(world, [settings("gone", {}, { labels: { [partOf]: "app" } })])
        const answer = await transact(world, [settings("a"), settings("b"), secret("s", {})], {
          spec: { prune: "app" },
        })
        const from = `watch=true&allowWatchBookmarks=true&resourceVersion=${revisionOf(answer)}`
        const first = await world.watch(`${configMaps}?${from}`)
        await world.post(configMaps, configMap("later"))
        expect(told(await first.take(4))).toEqual(["ADDED a", "ADDED b", "DELETED gone", "ADDED later"])
        first.close()
        const second = await world.watch(`${configMaps}?${from}`)
        expect(told(await second.take(4))).toEqual(["ADDED a", "ADDED b", "DELETED gone", "ADDED later"])
        second.close()
        // One event of the revision: who has its revision has seen it.
        for (const path of [`${secrets}?${from}`, `${configMaps}?${from}&fieldSelector=metadata.name=b`]) {
          const only = await world.watch(path)
          await world.post(path.startsWith(secrets) ? secrets : configMaps, {
            ...(path.startsWith(secrets) ? secret("t", {}) : configMap("b2")),
          })
          await transact(world, [secret("u", {}), settings("b", { again: path })])
          const [event] = await only.take(1)
          expect(versionOf(event?.object), path).not.toBe(revisionOf(answer))
          only.close()
        }
      },
    )

    statement("a server that starts at a revision of several events tells them again too", async (world) => {
      await defineWidgets(world)
      await world.get(widgets)
      const before = await world.get(configMaps)
      const answer = await transact(world, [
        settings("a"),
        widget("v", {}, inDefault),
        settings("b"),
        secret("s", {}),
        widget("w", {}, inDefault),
      ])
      const { world: second, close } = await openServer({ store: world.store })
      const events = async (path: string, resourceVersion: string, count: number) => {
        const watch = await second.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`)
        const seen = told(await watch.take(count))
        watch.close()
        return seen
      }
      expect(await events(configMaps, revisionOf(answer), 2)).toEqual(["ADDED a", "ADDED b"])
      // Custom kinds are served once their definition has been read.
      expect(versionOf((await second.get(widgets)).json)).toBe(revisionOf(answer))
      expect(await events(widgets, revisionOf(answer), 2)).toEqual(["ADDED v", "ADDED w"])
      const secretWatch = await second.watch(
        `${secrets}?watch=true&resourceVersion=${versionOf(before.json)}`,
      )
      expect((await secretWatch.next())?.type).toBe("ADDED")
      secretWatch.close()
      await close()
    })

    statement(
      "who races it loses or wins whole, and the transaction is made on what is there then",
      async (world) => {
        await world.post(configMaps, configMap("a"))
        await world.post(configMaps, configMap("b"))
        const racer = async (key: string) => {
          for (let n = 0; n < 10; n++) {
            const data = { [key]: String(n) }
            const { status } = await world.patch(`${configMaps}/${n % 2 === 0 ? "a" : "b"}`, "merge", {
              data,
            })
            expect(status).toBe(200)
          }
        }
        const setter = async () => {
          for (let n = 0; n < 10; n++) {
            const data = { both: String(n) }
            const answer = await transact(world, [settings("a", data), settings("b", data)])
            expect(answer.status, answer.text).toBe(201)
          }
        }
        await Promise.all([racer("x"), racer("y"), setter()])
        const [a, b] = [await world.get(`${configMaps}/a`), await world.get(`${configMaps}/b`)]
        expect(a.json.data).toEqual({ x: "8", y: "8", both: "9" })
        expect(b.json.data).toEqual({ x: "9", y: "9", both: "9" })
      },
    )

    statement("what a stale object rests on is told as its conflict", async (world) => {
      const { json } = await world.post(configMaps, configMap("a"))
      await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } })
      const stale = settings("a", {}, { resourceVersion: versionOf(json) })
      const answer = await transact(world, [settings("b"), stale])
      expect([answer.status, answer.json.reason, causesOf(answer)[0]?.field]).toEqual([
        409,
        "Conflict",
        "spec.objects[1]",
      ])
      expect((await world.get(`${configMaps}/b`)).status).toBe(404)
    })

    statement("prune deletes what is in the set and not in the request, and nothing else", async (world) => {
      await defineWidgets(world)
      const controlled = {
        labels: { [partOf]: "app" },
        ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "own", uid: "1", controller: true }],
      }
      await transact(world, [settings("a"), settings("b"), widget("w", {}, inDefault), secret("s", {})], {
        spec: { prune: "app" },
      })
      await transact(world, [settings("c")], { spec: { prune: "other" } })
      await world.post(configMaps, configMap("made", {}, controlled))
      await world.post(configMaps, configMap("stranger"))
      const before = await newest(world)
      const answer = await transact(world, [settings("a"), settings("d")], { spec: { prune: "app" } })
      expect(outcomes(answer).slice(0, 2)).toEqual([
        "unchanged ConfigMap default/a",
        "created ConfigMap default/d",
      ])
      expect(outcomes(answer).slice(2).toSorted()).toEqual([
        "pruned ConfigMap default/b",
        "pruned Secret default/s",
        "pruned Widget default/w",
      ])
      expect(BigInt(revisionOf(answer))).toBe(before + 1n)
      const { json } = await world.get(configMaps)
      const left = (json.items ?? []) as unknown as ReadonlyArray<JsonObject>
      expect(left.map((one) => [at(one, "metadata.name"), at(one, "metadata.labels")])).toEqual([
        ["a", { [partOf]: "app" }],
        ["c", { [partOf]: "other" }],
        ["d", { [partOf]: "app" }],
        ["made", { [partOf]: "app" }],
        ["stranger", undefined],
      ])
      expect((await world.get(`${widgets}/w`)).status).toBe(404)
    })

    statement("what the applied objects are in is not pruned", async (world) => {
      await defineWidgets(world)
      const inside = { ...settings("in"), metadata: { name: "in", namespace: "team" } }
      await transact(world, [namespace("team"), widgetsCrd()], { spec: { prune: "app", force: true } })
      const answer = await transact(world, [inside, widget("w", {}, inDefault)], { spec: { prune: "app" } })
      expect([answer.status, answer.json.reason]).toEqual([409, "Conflict"])
      const messages = causesOf(answer)
        .map(({ message }) => String(message))
        .sort()
      expect(messages).toEqual([
        expect.stringMatching(
          /^CustomResourceDefinition widgets.example.com: .* and Widget default\/w \(spec.objects\[1\]\) with it$/,
        ),
        expect.stringMatching(/^Namespace team: .* and ConfigMap team\/in \(spec.objects\[0\]\) with it$/),
      ])
      expect(
        at((await world.get("/api/v1/namespaces/team")).json, "metadata.deletionTimestamp"),
      ).toBeUndefined()
    })

    statement(
      "a pruned object with finalizers is marked in the same revision, and stays until they let it go",
      async (world) => {
        const held = settings("held", {}, { finalizers: ["example.com/held"] })
        await transact(world, [held, settings("kept")], { spec: { prune: "app" } })
        const answer = await transact(world, [settings("kept", { k: "v" })], { spec: { prune: "app" } })
        const found = results(answer).find((one) => one.name === "held")
        expect([found?.outcome, found?.terminating]).toEqual(["pruned", true])
        const { json } = await world.get(`${configMaps}/held`)
        expect([versionOf(json), at(json, "metadata.deletionTimestamp") !== undefined]).toEqual([
          revisionOf(answer),
          true,
        ])
        const again = await transact(world, [settings("kept", { k: "v" })], { spec: { prune: "app" } })
        expect(outcomes(again)).toEqual(["unchanged ConfigMap default/kept"])
      },
    )

    statement("an object is a part of one set, whoever applies it", async (world) => {
      await transact(world, [settings("a")], { spec: { prune: "one" } })
      const answer = await transact(world, [settings("a")], { spec: { prune: "two", force: true } })
      expect([answer.status, causesOf(answer)[0]?.field]).toEqual([
        422,
        `spec.objects[0].metadata.labels[${partOf}]`,
      ])
      const labelled = settings("b", {}, { labels: { [partOf]: "one" } })
      expect((await transact(world, [labelled], { spec: { prune: "two" } })).status).toBe(422)
      expect((await transact(world, [settings("b")], { spec: { prune: "not a label!" } })).status).toBe(422)
    })

    statement("each object needs its own right, and the refusal names those that lack it", async (world) => {
      await allow(world, [{ apiGroups: [""], resources: ["configmaps"], verbs: ["patch", "create"] }])
      const answer = await transact(world, [settings("a"), secret("s", {}), namespace("team")], {
        user: member,
      })
      expect([answer.status, answer.json.reason]).toEqual([403, "Forbidden"])
      expect(causesOf(answer).map(({ field, reason }) => [field, reason])).toEqual([
        ["spec.objects[2]", "Forbidden"],
        ["spec.objects[1]", "Forbidden"],
      ])
      expect(causesOf(answer)[1]?.message).toBe(
        'Secret default/s: secrets "s" is forbidden: User "mia" cannot patch resource "secrets" in API group "" in the namespace "default"',
      )
      expect((await world.get(`${configMaps}/a`)).status).toBe(404)
      expect((await transact(world, [settings("a")], { user: member })).status).toBe(201)
      expect((await transact(world, [settings("a")], { user: { name: "nobody", groups: [] } })).status).toBe(
        403,
      )
    })

    statement("an apply that would create needs that right too", async (world) => {
      await allow(world, [{ apiGroups: [""], resources: ["configmaps"], verbs: ["patch"] }])
      await world.post(configMaps, configMap("there"))
      const answer = await transact(world, [settings("there", { k: "v" }), settings("new")], { user: member })
      expect(causesOf(answer).map(({ field, reason }) => [field, reason])).toEqual([
        ["spec.objects[1]", "Forbidden"],
      ])
    })

    statement(
      "prune needs the right to delete, and names members only to who may read them",
      async (world) => {
        const rights = { apiGroups: [""], resources: ["configmaps"] }
        await transact(world, [settings("a"), settings("b"), secret("s", {})], { spec: { prune: "app" } })
        await allow(world, [{ ...rights, verbs: ["patch", "create", "get"] }])
        const answer = await transact(world, [settings("a")], { user: member, spec: { prune: "app" } })
        expect([answer.status, causesOf(answer).map(({ field }) => field)]).toEqual([
          403,
          ["spec.prune", "spec.prune"],
        ])
        expect(answer.text).toContain("ConfigMap default/b: ")
        expect(answer.text).toContain("Secret: the set has secrets that the user may neither read nor delete")
        expect(answer.text).not.toContain('\\"s\\"')
      },
    )

    statement("nobody gets more rights by it: roles are held against the state before", async (world) => {
      await allow(world, [
        { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["patch", "create"] },
      ])
      const role: JsonObject = {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "more", ...inDefault },
        rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }],
      }
      const answer = await transact(world, [role], { user: member })
      expect([answer.status, causesOf(answer)[0]?.field]).toEqual([403, "spec.objects[0]"])
    })

    statement("more than 100 objects, more than 1 MiB, and none at all are refused", async (world) => {
      const many = await transact(
        world,
        Array.from({ length: 101 }, (_, n) => settings(`c${n}`)),
      )
      expect([many.status, causesOf(many)[0]?.field]).toEqual([422, "spec.objects"])
      const large = await transact(world, [settings("a", { k: "v".repeat(1024 * 1024) })])
      expect([large.status, large.json.reason]).toEqual([413, "RequestEntityTooLarge"])
      expect((await transact(world, [])).status).toBe(422)
      const nameless = await transact(world, [settings("a")], { spec: { fieldManager: "" } })
      expect([nameless.status, causesOf(nameless)[0]?.field]).toEqual([422, "spec.fieldManager"])
      expect(refusal(await world.post(transactions, {}))[0]).toBe(422)
    })

    statement(
      "applied and pruned objects together are at most what the store takes at once",
      async (world) => {
        const set = (from: number, count: number) =>
          Array.from({ length: count }, (_, n) => settings(`c${from + n}`))
        await transact(world, set(0, 100), { spec: { prune: "app" } })
        const answer = await transact(world, set(100, 100), { spec: { prune: "app" } })
        expect([answer.status, causesOf(answer).map(({ field }) => field)]).toEqual([413, ["spec.prune"]])
        const fits = await transact(world, set(100, 28), { spec: { prune: "app" } })
        expect([fits.status, results(fits).length]).toEqual([201, 128])
      },
    )

    statement("what would be larger than one transaction of the store is refused whole", async (world) => {
      const data = { k: "v".repeat(800_000) }
      for (const one of ["a", "b"]) await world.post(configMaps, configMap(one, data))
      const before = await newest(world)
      const answer = await transact(world, [settings("a", { l: "w" }), settings("b", { l: "w" })])
      expect([answer.status, answer.json.reason]).toEqual([413, "RequestEntityTooLarge"])
      expect(await newest(world)).toBe(before)
      expect((await transact(world, [settings("a", { l: "w" })])).status).toBe(201)
    })

    statement("kinds that are never stored are refused, and warnings name their object", async (world) => {
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        metadata: { name: "r" },
      }
      const answer = await transact(world, [review, settings("a")])
      expect(causesOf(answer).map(({ field, reason }) => [field, reason])).toEqual([
        ["spec.objects[0]", "MethodNotAllowed"],
      ])
      await defineWidgets(world)
      const warned = await transact(world, [widget("w", {}, { ...inDefault, finalizers: ["plain"] })])
      expect(warned.headers.warning).toContain("Widget default/w: ")
    })

    statement("its objects are counted by what became of them", async (world) => {
      await transact(world, [settings("a"), settings("b")])
      await transact(world, [settings("a"), settings("Bad Name")])
      const { text } = await world.get("/metrics")
      expect(text).toContain('miren_transaction_objects_total{outcome="created"} 2')
      expect(text).toContain('miren_transaction_objects_total{outcome="refused"} 1')
      expect(text).toContain("miren_transaction_retries_total 0")
    })
  })
}
