/** The yardstick server as a child, and a client to it. */
import { spawn } from "node:child_process"
import { resolve } from "node:path"
import { createInterface } from "node:readline"
import { type Credentials, type HttpsClient, httpsClient } from "./subject.ts"

export interface Yardstick {
  readonly client: HttpsClient
  readonly credentials: Credentials
  readonly stop: () => void
}

export const startYardstick = async (): Promise<Yardstick> => {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, "yardstick-program.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const credentials = await new Promise<Credentials>((resolve_) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve_(JSON.parse(line) as Credentials))
  })
  const client = httpsClient(credentials)
  return {
    client,
    credentials,
    stop: () => {
      client.close()
      child.kill("SIGTERM")
    },
  }
}
