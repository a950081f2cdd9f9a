/** Transactions of several objects, all or none of which are written, and questions about causes. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { all, pathOf, plain } from "../corpus.ts"
import { alteration, mutated, oddString } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { bodyless, bytesOf, fixed, json, mostly, name, pick, urlOf, writeQuery } from "./parts.ts"

const group = "/apis/meta.miren.dev/v1alpha1"

/** An object as it is applied: without a status, which only a subresource may have. */
const manifest = fc
  .tuple(mostly(pick(...plain), pick(...all), 6), name, alteration([0, 0, 0, 0, 0, 0, 1]))
  .map(([kind, named, alter]): Json => {
    const { status: _, ...object } = kind.object(named)
    return alter(object)
  })

const transaction: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.array(manifest, { minLength: 1, maxLength: 4 }),
    fc.record({
      fieldManager: mostly(pick("deploy", "other"), oddString, 30),
      force: mostly(fc.constant(true), fc.constant(false), 6),
      prune: mostly(pick("", "", "shop", "other"), oddString, 20),
    }),
    alteration([0, 0, 0, 0, 0, 0, 0, 1]),
    mostly(fc.constant<ReadonlyArray<readonly [string, string]>>([]), writeQuery, 2),
  )
  .map(([objects, { fieldManager, force, prune }, alter, query]) => {
    const spec = { fieldManager, force, objects, ...(prune === "" ? {} : { prune }) }
    const body = alter({ apiVersion: "meta.miren.dev/v1alpha1", kind: "Transaction", spec })
    return fixed({
      method: "POST",
      url: urlOf(`${group}/transactions`, query),
      headers: json,
      body: bytesOf(body),
    })
  })

const subject: JsonObject = { resource: "configmaps", namespace: "default", name: "base" }
const review: fc.Arbitrary<Draft> = fc
  .tuple(
    mutated(
      pick<Json>(
        { spec: subject },
        { spec: { ...subject, resourceVersion: "1" } },
        { spec: { group: "example.com", resource: "widgets", namespace: "default", name: "base" } },
        { spec: { resource: "namespaces", name: "default" } },
      ),
      [0, 0, 1, 2],
    ),
    fc.boolean(),
  )
  .map(([body, isNow]) => ({ revision }) => {
    const text = new TextDecoder().decode(bytesOf(body))
    const sent = isNow ? text.replace('"resourceVersion":"1"', `"resourceVersion":"${revision}"`) : text
    return { method: "POST", url: `${group}/causereviews`, headers: json, body: Buffer.from(sent) }
  })

const cause = mostly(
  pick("controller/x", "controller/x; request=default/a", "controller/x; request=a; inputs=1,2"),
  fc.oneof(pick(";", "=;=", "a".repeat(10_000), "controller/\u0000", '"', "a; b; c; d"), oddString),
  1,
)
/** A write that says why it is made. */
const told: fc.Arbitrary<Draft> = fc
  .tuple(pick(...plain), name, cause, fc.nat(99))
  .map(([kind, named, why, number]) => {
    const body = bytesOf({ metadata: { annotations: { note: `n${number}` } } })
    const headers = {
      "content-type": "application/merge-patch+json",
      "miren-cause": why,
      "user-agent": "op/1.0",
    }
    return fixed({ method: "PATCH", url: `${pathOf(kind)}/${named}`, headers, body })
  })
const removed = fc
  .tuple(pick(...plain), pick("a", "b"))
  .map(([kind, named]) =>
    fixed({ method: "DELETE", url: `${pathOf(kind)}/${named}`, headers: {}, body: bodyless }),
  )

export const transactions: Slice = {
  name: "transactions",
  about: "several objects at once, all or none of them, and questions about the causes of writes",
  draft: fc.oneof(
    { weight: 6, arbitrary: transaction },
    { weight: 2, arbitrary: review },
    { weight: 2, arbitrary: told },
    { weight: 1, arbitrary: removed },
  ),
}
