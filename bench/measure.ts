/** How figures are taken: bounded concurrency, the clock, medians. */

/** Runs `count` calls with `width` in flight and gives the rate a second. */
export const rate = async (
  { count, width }: { readonly count: number; readonly width: number },
  call: (index: number) => Promise<unknown>,
): Promise<number> => {
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < count; index = next++) await call(index)
    }),
  )
  return count / ((performance.now() - start) / 1_000)
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median time of `count` calls one after another, in ms. */
export const p50 = async (count: number, call: (index: number) => Promise<unknown>): Promise<number> => {
  const times: Array<number> = []
  for (let index = 0; index < count; index += 1) {
    const start = performance.now()
    await call(index)
    times.push(performance.now() - start)
  }
  return median(times)
}

/** Ours and the yardstick in turn, A B A B, so that a drift of the machine meets both; medians of each. */
export const inTurn = async (
  rounds: number,
  ours: () => Promise<number>,
  yardstick: () => Promise<number>,
): Promise<{ readonly ours: number; readonly yardstick: number }> => {
  const a: Array<number> = []
  const b: Array<number> = []
  for (let round = 0; round < rounds; round += 1) {
    a.push(await ours())
    b.push(await yardstick())
  }
  return { ours: median(a), yardstick: median(b) }
}
