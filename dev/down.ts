/** `make down`: stops the server and everything that it ran; what is stored stays. */
import { existsSync } from "node:fs"
import { dataDir, fail, runMctl, say } from "./checkout.ts"

if (!existsSync(dataDir)) {
  say(`Nothing to stop: ${dataDir} does not exist.`)
} else {
  if (runMctl(["server", "stop", "--data-dir", dataDir]).status !== 0) fail("the server could not be stopped")
  if (runMctl(["server", "teardown", "--data-dir", dataDir]).status !== 0) {
    fail("something of the runtime could not be removed; what is named above")
  }
  say(`Stopped. The data is in ${dataDir}; \`make clean\` deletes it, \`make up\` goes on from it.`)
}
