/** `make dev`: a shell with mctl and KUBECONFIG set, over a server that restarts when the sources change. */
import { spawn } from "node:child_process"
import { mkdirSync, openSync } from "node:fs"
import { delimiter, join } from "node:path"
import { chooseMode, dataDir, fail, kubeconfig, logFile, root, say, serverPid } from "./checkout.ts"
import { writeHelloImage } from "./hello-image.ts"

mkdirSync(dataDir, { recursive: true, mode: 0o700 })
if (serverPid() !== undefined) fail("a server already runs on this data dir: `make down` first")
writeHelloImage(dataDir)
const mode = chooseMode()
const log = openSync(logFile, "a", 0o600)
const server = spawn(
  process.execPath,
  [
    "--watch",
    "--watch-preserve-output",
    join(root, "daemon", "main.ts"),
    "--data-dir",
    dataDir,
    "--listen",
    process.env.MIREN_LISTEN ?? "127.0.0.1:6443",
    "--store",
    mode.store,
    "--runtime",
    mode.runtime,
  ],
  { stdio: ["ignore", log, log], cwd: root },
)
say(`The server (${mode.store}, ${mode.runtime}) restarts when a source file changes; its log: ${logFile}`)
say("mctl and KUBECONFIG are set. `exit` stops the server; sandboxes stay until `make down`.")
const shell = spawn(process.env.SHELL ?? "/bin/sh", [], {
  stdio: "inherit",
  env: {
    ...process.env,
    KUBECONFIG: kubeconfig,
    PATH: `${join(root, "bin")}${delimiter}${process.env.PATH ?? ""}`,
  },
})
shell.on("exit", (code) => {
  server.kill("SIGTERM")
  server.on("exit", () => process.exit(code ?? 0))
})
