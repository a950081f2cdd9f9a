import { expect, test } from "vitest"
import { SharedRead } from "./shared-read.ts"

/** A read whose answers the test gives. */
const controlled = () => {
  const asked: Array<{ resolve: (value: number) => void; reject: (error: Error) => void }> = []
  const shared = new SharedRead(
    () => new Promise<number>((resolve, reject) => asked.push({ resolve, reject })),
  )
  return { asked, shared }
}

const turn = () => new Promise(setImmediate)

test("callers during a read share the next one, and never the one under way", async () => {
  const { asked, shared } = controlled()
  const first = shared.read()
  const late = [shared.read(), shared.read()]
  expect(asked).toHaveLength(1)
  asked[0]?.resolve(1)
  expect(await first).toBe(1)
  await turn()
  expect(asked).toHaveLength(2)
  asked[1]?.resolve(2)
  expect(await Promise.all(late)).toEqual([2, 2])
  await turn()
  void shared.read()
  expect(asked).toHaveLength(3)
})

test("a failed read fails its callers alone", async () => {
  const { asked, shared } = controlled()
  const first = shared.read()
  const late = shared.read()
  asked[0]?.reject(new Error("gone"))
  await expect(first).rejects.toThrow("gone")
  await turn()
  asked[1]?.resolve(2)
  expect(await late).toBe(2)
})
