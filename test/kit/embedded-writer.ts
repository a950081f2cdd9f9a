/** A process that writes to an embedded store from 32 clients and prints each acknowledgement, until it is killed. */
import { writeSync } from "node:fs"
import { makeEmbeddedStore } from "../../store/index.ts"

const [, , directory = "", run = "0"] = process.argv
const store = makeEmbeddedStore({ directory })
const value = new Uint8Array(1_000).fill(120)

const client = async (number: number): Promise<never> => {
  for (let write = 0; ; write++) {
    const key = `/run-${run}/${number}/${write}`
    const revision = await store.put({ key, value, expect: { absent: true } })
    writeSync(1, `${key} ${revision}\n`)
  }
}

await Promise.all(Array.from({ length: 32 }, (_, number) => client(number)))
