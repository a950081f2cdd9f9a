/**
 * Readers of one path over HTTPS, as a program of its own so that they do not sit in the way of what is measured. Arguments:
 * the path, Accept, Accept-Encoding, and for each reader its bytes a second (0: as fast as it can).
 * On stdin: credentials as JSON. Prints the bytes that each has read.
 */
import { readFileSync } from "node:fs"
import { request } from "node:https"
import type { Credentials } from "./subject.ts"

const [path = "", accept = "", encoding = "", ...speeds] = process.argv.slice(2)
const { port, ca, cert, key } = JSON.parse(readFileSync(0, "utf8")) as Credentials

const read = (speed: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { accept, "accept-encoding": encoding }
    const sent = request(
      { host: "127.0.0.1", port, path, ca, cert, key, headers, agent: false },
      (response) => {
        let bytes = 0
        const start = performance.now()
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (speed === 0) return
          const ahead = (bytes / speed) * 1_000 - (performance.now() - start)
          if (ahead < 5) return
          response.pause()
          setTimeout(() => response.resume(), ahead)
        })
        response.on("end", () => {
          if (response.statusCode === 200) resolve(bytes)
          else reject(new Error(`${path}: ${response.statusCode}`))
        })
        response.on("error", reject)
      },
    )
    sent.on("error", reject)
    sent.end()
  })

const bytes = await Promise.all(speeds.map((speed) => read(Number(speed))))
process.stdout.write(`${JSON.stringify(bytes)}\n`)
