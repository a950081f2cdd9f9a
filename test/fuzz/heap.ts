/** Memory in use after a collection. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const collect = ((): (() => void) => {
  setFlagsFromString("--expose-gc")
  const gc: unknown = runInNewContext("gc")
  return () => {
    if (typeof gc === "function") gc()
  }
})()

/** Bytes. */
export const heapUsed = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** How many bytes more the last third of the samples held than the first, by their medians. */
export const heapGrowth = (heaps: ReadonlyArray<number>): number => {
  const third = Math.max(1, Math.floor(heaps.length / 3))
  return median(heaps.slice(-third)) - median(heaps.slice(0, third))
}
