/** `mctl`: the process around {@link runWords}. `bin/mctl` starts it. */
import type { Connection } from "./connect.ts"
import { plainText } from "./output/columns.ts"
import type { Program } from "./program.ts"
import { runWords } from "./run.ts"

const interrupt = new AbortController()
let connection: Connection | undefined

const program: Program = {
  streams: process,
  environment: process.env,
  signal: interrupt.signal,
  connect: async (args) => {
    const { connectCluster } = await import("./connect.ts")
    connection = await connectCluster(args, {
      onWarning: (text) => process.stderr.write(plainText(`Warning: ${text}\n`)),
      signal: interrupt.signal,
    })
    return connection
  },
}

process.once("SIGINT", () => interrupt.abort())
process.once("SIGTERM", () => interrupt.abort())
// `mctl get ... | head` closes the pipe: that is an end, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))

const code = await runWords(process.argv.slice(2), program)
connection?.transport.close()
// What was written is on its way; nothing else is worth waiting for.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
