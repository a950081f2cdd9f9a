import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Sandbox } from "../../schemas/index.ts"
import { Ledger } from "./ledger.ts"

interface Share {
  readonly uid: string
  readonly nodeName: string
  readonly cpu: number
  readonly hostPort: number
  readonly isFinished: boolean
}

const sandbox = ({ uid, nodeName, cpu, hostPort, isFinished }: Share): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name: uid, uid },
  spec: {
    nodeName,
    containers: [
      {
        name: "main",
        image: "x",
        resources: { requests: { cpu } },
        ports: [{ containerPort: 80, hostPort }],
      },
    ],
  },
  ...(isFinished
    ? { status: { containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }] } }
    : {}),
})

describe("Ledger", () => {
  test("keeps a booking though an older state is shown", () => {
    const ledger = new Ledger()
    const share = { uid: "1", nodeName: "a", cpu: 1, hostPort: 80, isFinished: false }
    ledger.book(sandbox(share))
    ledger.book(sandbox({ ...share, nodeName: "" }))
    expect(ledger.of("a").amounts.get("cpu")).toBe(1000)
  })

  test("is the sum of what is bound, after any changes", () => {
    const uid = fc.constantFrom("1", "2", "3", "4")
    const change = fc.record({
      uid,
      nodeName: fc.constantFrom("a", "b"),
      cpu: fc.integer({ min: 1, max: 4 }),
      hostPort: fc.constantFrom(80, 81),
      isFinished: fc.boolean(),
      isGone: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const ledger = new Ledger()
        const truth = new Map<string, Share>()
        for (const { isGone, ...share } of changes) {
          if (isGone) {
            ledger.release(sandbox(share))
            truth.delete(share.uid)
          } else {
            ledger.book(sandbox(share))
            truth.set(share.uid, share)
          }
        }
        for (const nodeName of ["a", "b"]) {
          const bound = [...truth.values()].filter((share) => share.nodeName === nodeName)
          const counted = bound.filter(({ isFinished }) => !isFinished)
          const { amounts, hostPorts } = ledger.of(nodeName)
          expect(amounts.get("pods") ?? 0).toBe(counted.length)
          expect(amounts.get("cpu") ?? 0).toBe(counted.reduce((sum, { cpu }) => sum + cpu * 1000, 0))
          expect([...hostPorts].map(({ port }) => port).toSorted()).toEqual(
            bound.map(({ hostPort }) => hostPort).toSorted(),
          )
        }
      }),
    )
  })
})
