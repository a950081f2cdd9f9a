/**
 * A sandbox from nothing to running, image present: through our runtime, against `ctr run` with the same image and handler.
 *
 * Runs in namespaces of its own. `ctr` makes no network, so the same of ours without its CNI part is a row of its own.
 */
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { Effect } from "effect"
import { type Handler, SandboxRuntime } from "../runtime-shim/index.ts"
import { openInstallation, pathsOf } from "../runtime-shim/installation.ts"
import { networkConfig } from "../runtime-shim/network/config.ts"
import { hostHasIPv6, SandboxNetworks } from "../runtime-shim/network/network.ts"
import { openRealRuntime, type RealRuntime } from "../test/kit/containerd.ts"
import { TEST_IMAGE } from "../test/kit/image.ts"
import { runIsolated } from "../test/kit/own-namespaces.ts"
import { type Row, row } from "./row.ts"

const ROUNDS = 7
const COMMAND = ["sh", "-c", "while true; do sleep 1; done"]

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const newId = () => randomBytes(16).toString("hex")

const ours = async (real: RealRuntime, handler: Handler): Promise<number> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.provide(
        Effect.gen(function* () {
          const runtime = yield* SandboxRuntime
          const times: Array<number> = []
          for (let round = 0; round <= ROUNDS; round += 1) {
            const id = newId()
            const began = performance.now()
            yield* runtime.create({
              id,
              handler,
              hostname: "bench",
              labels: {},
              ports: [],
              containers: [{ name: "main", image: TEST_IMAGE, command: COMMAND, env: [], resources: {} }],
            })
            yield* runtime.start(id)
            // The first round warms caches up.
            if (round > 0) times.push(performance.now() - began)
            yield* runtime.remove(id)
          }
          return median(times)
        }),
        real.layer,
      ),
    ),
  )

/** The network of a sandbox alone: netns, bridge plugin, addresses, and the record of it. */
const network = async (real: RealRuntime): Promise<number> => {
  const installation = openInstallation(real.dataDir)
  const paths = pathsOf(installation)
  const networks = new SandboxNetworks(networkConfig(installation, {}, hostHasIPv6()), "/usr/lib/cni", {
    netnsDir: paths.netns,
    recordOf: (id) => join(real.dataDir, `network-${id}.json`),
  })
  const times: Array<number> = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const id = newId()
    const began = performance.now()
    await Effect.runPromise(Effect.andThen(networks.prepare(id, []), networks.attach(id)))
    if (round > 0) times.push(performance.now() - began)
    await Effect.runPromise(networks.down(id))
  }
  return median(times)
}

const ctr = (real: RealRuntime, ...args: ReadonlyArray<string>) =>
  execFileSync("timeout", ["-k", "1", "30", "ctr", "--address", real.address, "-n", "miren", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  })

const theirs = (real: RealRuntime, handler: Handler): number => {
  const binary = handler === "gvisor" ? join(real.dataDir, "handlers/runsc") : "/usr/sbin/runc"
  const times: Array<number> = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const id = newId()
    const began = performance.now()
    ctr(real, "run", "-d", "--runc-binary", binary, TEST_IMAGE, id, ...COMMAND)
    if (round > 0) times.push(performance.now() - began)
    ctr(real, "task", "delete", "-f", id)
    ctr(real, "container", "delete", id)
  }
  return median(times)
}

const measure = async (): Promise<ReadonlyArray<Row>> => {
  const handlers = ["gvisor", "runc"] as const
  const real = await openRealRuntime(handlers)
  try {
    const rows: Array<Row> = []
    for (const handler of handlers) {
      const mine = await ours(real, handler)
      const yardstick = theirs(real, handler)
      rows.push(
        row({
          name: `sandbox to running, ${handler} (ctr run, no network)`,
          ours: mine,
          yardstick,
          unit: "ms",
          budget: "<= 1.3",
        }),
      )
    }
    rows.push(
      row({
        name: "network of it (the whole sandbox, gvisor)",
        ours: await network(real),
        yardstick: rows[0]?.ours ?? Number.NaN,
        unit: "ms",
        budget: "reported",
      }),
    )
    return rows
  } finally {
    await real.close()
  }
}

const MARK = "rows:"

/** Needs root, and what real sandboxes need. */
export const run = async (): Promise<ReadonlyArray<Row>> => {
  const { code, stdout, stderr } = await runIsolated({
    command: [process.execPath, import.meta.filename, "inside"],
  })
  const line = stdout.split("\n").find((text) => text.startsWith(MARK))
  if (code !== 0 || line === undefined)
    throw new Error(`the sandbox benchmark failed: ${stderr.slice(-2000)}`)
  return JSON.parse(line.slice(MARK.length)) as ReadonlyArray<Row>
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === "inside") console.log(MARK + JSON.stringify(await measure()))
  else console.table(await run())
}
