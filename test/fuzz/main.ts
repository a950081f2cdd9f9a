/** `npm run fuzz -- [--requests N] [--seed S] [--slice NAME] [--round R]`: the fuzzer by hand. Exits with 1 when it finds something. */
import { parseArgs } from "node:util"
import { curl } from "./request.ts"
import { failureText, heapGrowth, type Report, runSlice } from "./run.ts"
import { slices } from "./slices.ts"
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
    JSON.stringify({ slice, requests, accepted, refused, failed, failures: failures.length, codes: codesText(tally) }),
  )
  console.log(
    `  ${Math.round(100 * acceptedShare(tally))} % accepted; heap ${mib(heaps.at(-1) ?? 0)}, grown by ${mib(heapGrowth(report))}; slowest ${Math.round(slowest?.ms ?? 0)} ms`,
  )
  if (slowest !== undefined && slowest.ms > 100) console.log(`  ${curl(slowest.request).slice(0, 1_000)}`)
  if (values.explain)
    for (const [reason, times] of [...tally.reasons].sort(([, a], [, b]) => b - a).slice(0, 40))
      console.log(`  ${times} × ${reason}`)
  for (const failure of failures) console.log(`FAILED ${failureText(failure)}`)
}

const chosen = values.slice === undefined ? slices : slices.filter(({ name }) => name === values.slice)
if (chosen.length === 0) {
  console.error(`no slice is called ${values.slice}: ${slices.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}
const weights = chosen.reduce((sum, { weight = 1 }) => sum + weight, 0)
const watchdog = startWatchdog(slices.map(({ name }) => name))
let found = 0
for (const slice of chosen) {
  const requests = Math.ceil((Number(values.requests) * (slice.weight ?? 1)) / weights)
  const round = values.round === undefined ? {} : { round: Number(values.round) }
  const started = process.cpuUsage()
  const report = await runSlice(slice, { seed: Number(values.seed), requests, about: watchdog.about, ...round })
  const { user, system } = process.cpuUsage(started)
  tell(report)
  console.log(`  ${Math.round(requests / ((user + system) / 1e6))} requests a second of CPU`)
  found += report.failures.length
}
await watchdog.stop()
process.exit(found > 0 ? 1 : 0)
