/** `mctl logs`: what a sandbox wrote, and writes. */
import { once } from "node:events"
import { parseDuration } from "../arguments.ts"
import type { Run } from "../command.ts"
import { objectPath, withQuery } from "../path.ts"
import { namespaceOf, type Program } from "../program.ts"
import { sandboxOf } from "../sandbox-name.ts"

export const runLogs: Run = async (args, program) => {
  const since = args.text("since")
  const sandbox = sandboxOf(args.operands, "logs")
  const cluster = await program.connect(args)
  const path = withQuery(`${objectPath(sandbox.resource, namespaceOf(args, cluster), sandbox.name)}/log`, {
    container: args.text("container"),
    follow: args.flag("follow"),
    previous: args.flag("previous"),
    tailLines: args.number("tail"),
    sinceSeconds:
      since === undefined ? undefined : Math.max(1, Math.ceil(parseDuration("since", since) / 1000)),
    timestamps: args.flag("timestamps"),
  })
  const body = await cluster.api.stream({ path, accept: "text/plain, */*", signal: program.signal })
  for await (const chunk of body) await writeAll(program, chunk)
  return program.signal.aborted ? 130 : 0
}

/** Waits for a slow reader: a pipe takes what it can. */
const writeAll = async ({ streams: { stdout } }: Program, chunk: Uint8Array): Promise<void> => {
  if (!stdout.write(chunk)) await once(stdout, "drain")
}
