import { describe, expect, it } from "vitest"
import { NoRest, VirtualTime } from "./virtual-time.ts"

const never = () => false

describe("virtual time", () => {
  it("passes only when every chain of promises has come to rest, however long", async () => {
    const time = new VirtualTime(0)
    const seen: Array<string> = []
    time.after(10, () => seen.push("timer"))
    const chain = async () => {
      for (let link = 0; link < 5000; link++) await undefined
      seen.push("chain")
    }
    void chain()
    await time.runUntil(never, 20)
    expect(seen).toEqual(["chain", "timer"])
  })

  it("wakes timers in the order of their times, and of the asking where these are equal", async () => {
    const time = new VirtualTime(0)
    const seen: Array<string> = []
    for (const [name, ms] of [
      ["d", 30],
      ["a", 10],
      ["b", 10],
      ["e", 40],
      ["c", 20],
    ] as const) {
      time.after(ms, () => seen.push(`${name}@${time.nowMs}`))
    }
    await time.runUntil(never, 35)
    expect(seen).toEqual(["a@10", "b@10", "c@20", "d@30"])
    expect(time.nowMs).toBe(35)
  })

  it("lets what a timer began come to rest before the next timer of that moment", async () => {
    const time = new VirtualTime(0)
    const seen: Array<string> = []
    time.after(5, () => void Promise.resolve().then(() => seen.push("first, later")))
    time.after(5, () => seen.push("second"))
    await time.runUntil(never, 5)
    expect(seen).toEqual(["first, later", "second"])
  })

  it("forgets what was called off", async () => {
    const time = new VirtualTime(0)
    const seen: Array<string> = []
    time.after(5, () => seen.push("timer"))()
    time.soon(() => seen.push("turn"))()
    await time.runUntil(never, 10)
    expect(seen).toEqual([])
  })

  it("stops at the moment at which what is waited for has come", async () => {
    const time = new VirtualTime(0)
    let isDone = false
    time.after(7, () => {
      isDone = true
    })
    expect(await time.runUntil(() => isDone, 100)).toBe(true)
    expect(time.nowMs).toBe(7)
  })

  it("says so when something goes on for ever at one moment", async () => {
    const time = new VirtualTime(0)
    const again = () => void time.soon(again)
    again()
    await expect(time.runUntil(never, 1)).rejects.toThrow(NoRest)
  })
})
