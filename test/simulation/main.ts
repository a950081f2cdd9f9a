/** `npm run sim`: runs scenarios through many seeds, or shows that known bugs are found. */
import { parseArgs } from "node:util"
import { type Report, renderFailure, renderTrace } from "../../simulation/index.ts"
import { bugNames, loadBug, loadScenario, scenarioNames } from "./folders.ts"
import { Workers } from "./workers.ts"

const usage = `npm run sim -- [--seeds N] [--from N] [--scenario NAME]   runs N seeds of each scenario (100)
npm run sim -- --every-crash [--seeds N] [--scenario NAME]      kills at each point in turn, N seeds (1)
npm run sim -- --scenario NAME --seed S [--keep A,B] [--trace]  one run again; --trace prints it whatever comes
npm run sim -- known-bugs [NAME ...] [--seeds N]                the table of known bugs (1000)
scenarios: ${scenarioNames.join(", ")}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    keep: { type: "string" },
    scenario: { type: "string" },
    "every-crash": { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
})

const counted = (from: number, seeds: number): ReadonlyArray<number> =>
  Array.from({ length: seeds }, (_, index) => from + index)

const coverageText = ({ coverage: { points, faults } }: Report): string => {
  const all = Object.entries(points)
  const struck = all.filter(([, point]) => point.struck > 0)
  const missed = all
    .filter(([, point]) => point.struck === 0)
    .map(([point]) => `\n  never killed at  ${point}`)
  const kinds = Object.entries(faults).map(([fault, times]) => `${fault} ${times}`)
  return `  killed at ${struck.length} of ${all.length} points\n  faults: ${kinds.join(", ")}${missed.sort().join("")}`
}

const keepOf = (text: string | undefined): { readonly keep?: ReadonlyArray<string> } =>
  text === undefined ? {} : { keep: text.split(",").filter((id) => id !== "") }

const replay = (name: string, { seed, keep }: Report["failures"][number]): string =>
  `npm run sim -- --scenario ${name} --seed ${seed} --keep "${keep.join(",")}" --trace`

/** One run; true when nothing broke. */
const runSeed = async (name: string, seed: number): Promise<boolean> => {
  const { simulate, trace } = await loadScenario(name)
  const keep = keepOf(values.keep)
  const { failures } = await simulate({ seeds: [seed], ...keep })
  for (const failure of failures) console.log(`${renderFailure(failure)}\n\nagain: ${replay(name, failure)}`)
  if (failures.length === 0) {
    if (values.trace) console.log(renderTrace(await trace({ seed, ...keep })))
    console.log(`${name}: seed ${seed} breaks nothing`)
  }
  return failures.length === 0
}

const runScenarios = async (): Promise<boolean> => {
  const workers = new Workers()
  const isEveryCrash = values["every-crash"]
  const seeds = counted(Number(values.from), Number(values.seeds ?? (isEveryCrash ? 1 : 100)))
  let isRight = true
  for (const name of values.scenario === undefined ? scenarioNames : [values.scenario]) {
    const startedAt = performance.now()
    const report = await workers.run(`scenarios/${name}`, seeds, isEveryCrash)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    for (const failure of report.failures) {
      isRight = false
      console.log(`${renderFailure(failure)}\n\nagain: ${replay(name, failure)}`)
    }
    const verdict = report.failures.length === 0 ? "nothing broke" : "broken"
    console.log(`${name}: ${report.runs} runs in ${seconds} s, ${verdict}\n${coverageText(report)}`)
  }
  await workers.end()
  return isRight
}

const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

const runKnownBugs = async (named: ReadonlyArray<string>): Promise<boolean> => {
  const workers = new Workers()
  const rows: Array<ReadonlyArray<string>> = [
    ["BUG", "CLASS", "FOUND BY", "FAULTS", "TRACE", "INVARIANT", "RIGHT VERSION"],
  ]
  let isRight = true
  for (const file of named.length === 0 ? bugNames : named) {
    const bug = await loadBug(file)
    const wrong = await workers.run(`known-bugs/${file}/wrong`, counted(1, Number(values.seeds ?? 1000)))
    const right = await workers.run(`known-bugs/${file}/right`, counted(1, Number(values.seeds ?? 200)))
    const [found] = wrong.failures
    const [broken] = right.failures
    const isFound = found !== undefined && (bug.breaks === undefined || bug.breaks === found.invariant)
    isRight &&= isFound && broken === undefined
    rows.push([
      bug.name,
      bug.class,
      isFound ? `seed ${found.seed}` : `not in ${wrong.runs} seeds`,
      isFound ? String(found.keep.length) : "-",
      isFound ? `${found.trace.length} lines` : "-",
      found?.invariant ?? "-",
      broken === undefined
        ? `passes ${right.runs} seeds`
        : `breaks "${broken.invariant}" at seed ${broken.seed}`,
    ])
  }
  await workers.end()
  console.log(columns(rows))
  return isRight
}

const main = async (): Promise<boolean> => {
  if (values.help) {
    console.log(usage)
    return true
  }
  if (positionals[0] === "known-bugs") return runKnownBugs(positionals.slice(1))
  if (values.seed !== undefined)
    return runSeed(values.scenario ?? scenarioNames[0] ?? "", Number(values.seed))
  return runScenarios()
}

process.exitCode = (await main()) ? 0 : 1
