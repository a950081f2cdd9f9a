/** `npm run fuzz -- [--requests N] [--seed S] [--slice NAME] [--round R]`: the fuzzer by hand. Exits with 1 when it finds something. */
import { parseArgs } from "node:util"
import { heapGrowth } from "./heap.ts"
import { failureText, type Report } from "./report.ts"
import { curl } from "./request.ts"
import { runSlice } from "./run.ts"
import { slices, socketSlices } from "./slices.ts"
import { runSocketSlice } from "./sockets/run.ts"
import { acceptedShare, codesText } from "./tally.ts"
import { startWatchdog } from "./watchdog.ts"

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    slice: { type: "string" },
    round: { type: "string" },
    explain: { type: "boolean", default: false },
  },
})

const tell = (report: Report): void => {
  const { slice, tally, failures, heaps } = report
  const { accepted, refused, failed, requests, slowest } = tally
  const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`
  console.log(
    JSON.stringify({
      slice,
      requests,
      accepted,
      refused,
      failed,
      failures: failures.length,
      codes: codesText(tally),
    }),
  )
  console.log(
    `  ${Math.round(100 * acceptedShare(tally))} % accepted; heap ${mib(heaps.at(-1) ?? 0)}, grown by ${mib(heapGrowth(heaps))}; slowest ${Math.round(slowest?.ms ?? 0)} ms`,
  )
  if (slowest !== undefined && slowest.ms > 100) console.log(`  ${curl(slowest.request).slice(0, 1_000)}`)
  if (values.explain)
    for (const [reason, times] of [...tally.reasons].sort(([, a], [, b]) => b - a).slice(0, 40))
      console.log(`  ${times} × ${reason}`)
  for (const failure of failures) console.log(`FAILED ${failureText(failure)}`)
}

const names = [...slices, ...socketSlices].map(({ name }) => name)
const isChosen = ({ name }: { readonly name: string }): boolean =>
  values.slice === undefined || values.slice === name
if (!names.some((name) => isChosen({ name }))) {
  console.error(`no slice is called ${values.slice}: ${names.join(", ")}`)
  process.exit(2)
}
const watchdog = startWatchdog(names)
const common = {
  seed: Number(values.seed),
  about: watchdog.about,
  ...(values.round === undefined ? {} : { round: Number(values.round) }),
}
/** A connection costs as much as some twenty requests in process. */
const socketShare = 0.05
const chosen = [
  ...slices.filter(isChosen).map((slice) => ({
    weight: slice.weight ?? 1,
    run: (requests: number) => runSlice(slice, { ...common, requests }),
  })),
  ...socketSlices.filter(isChosen).map((slice) => ({
    weight: values.slice === undefined ? socketShare : 1,
    run: (requests: number) => runSocketSlice(slice, { ...common, requests }),
  })),
]
const weights = chosen.reduce((sum, { weight }) => sum + weight, 0)
let found = 0
for (const { weight, run } of chosen) {
  const requests = Math.ceil((Number(values.requests) * weight) / weights)
  const started = process.cpuUsage()
  const report = await run(requests)
  const { user, system } = process.cpuUsage(started)
  tell(report)
  console.log(`  ${Math.round(requests / ((user + system) / 1e6))} requests a second of CPU`)
  found += report.failures.length
}
await watchdog.stop()
process.exit(found > 0 ? 1 : 0)
