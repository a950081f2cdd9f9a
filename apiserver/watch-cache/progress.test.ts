import { expect, test } from "vitest"
import { limits } from "../limits.ts"
import { TestAmbient } from "../test-world.ts"
import { Progress } from "./progress.ts"

test("a waiter settles when its revision is reached", async () => {
  const progress = new Progress(new TestAmbient())
  const reached: bigint[] = []
  const waiting = [3n, 2n, 9n].map((revision) => progress.reach(revision).then(() => reached.push(revision)))
  progress.advance(3n)
  await Promise.all(waiting.slice(0, 2))
  expect(reached.sort()).toEqual([2n, 3n])
  progress.advance(9n)
  await waiting[2]
  await progress.reach(5n)
})

test("a revision that does not come is Timeout, with the cause", async () => {
  const ambient = new TestAmbient()
  const progress = new Progress(ambient)
  const waiting = progress.reach(7n)
  ambient.advance(limits.freshMsMax)
  await expect(waiting).rejects.toMatchObject({
    status: { reason: "Timeout", details: { causes: [{ reason: "ResourceVersionTooLarge" }] } },
  })
})
