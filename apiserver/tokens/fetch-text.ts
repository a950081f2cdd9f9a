/** Fetching small texts over HTTPS, bounded in size and time. */
import { request } from "node:https"
import type { Ambient } from "../ambient.ts"
import { tokenLimits } from "./limits.ts"
import type { FetchText } from "./remote-key-set.ts"

/** Rejects unless the answer is 200, in time and small enough. Follows no redirects. */
export const fetchTextWith =
  (ambient: Ambient, ca: string | undefined): FetchText =>
  (url) =>
    new Promise((resolve, reject) => {
      if (!url.startsWith("https://")) {
        reject(new Error(`${url} is no https URL`))
        return
      }
      const asked = request(url, {
        headers: { accept: "application/json" },
        ...(ca === undefined ? {} : { ca }),
      })
      const cancel = ambient.timer(tokenLimits.fetchMs, () =>
        asked.destroy(new Error(`${url} did not answer in ${tokenLimits.fetchMs} ms`)),
      )
      const fail = (cause: Error): void => {
        cancel()
        reject(cause)
      }
      asked.on("error", fail)
      asked.on("response", (response) => {
        const chunks: Buffer[] = []
        let size = 0
        if (response.statusCode !== 200) asked.destroy(new Error(`${url} answered ${response.statusCode}`))
        response.on("error", fail)
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > tokenLimits.keySetBytesMax) asked.destroy(new Error(`${url} answered with too much`))
        })
        response.on("end", () => {
          cancel()
          resolve(Buffer.concat(chunks).toString("utf8"))
        })
      })
      asked.end()
    })
