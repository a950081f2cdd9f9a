/** `mctl version`: of the program and of the server. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { JsonObject } from "../../schemas/index.ts"
import type { Run } from "../command.ts"
import { isObject, textAt } from "../json.ts"
import { parseFormat } from "../output/format.ts"
import { print } from "../program.ts"

export const runVersion: Run = async (args, program) => {
  const client: JsonObject = { version: await ownVersion(), node: process.version }
  const server = args.flag("client")
    ? undefined
    : await (await program.connect(args)).api.json({ path: "/version" })
  const output = args.text("output")
  if (output !== undefined) {
    const format = parseFormat(output, { headers: true, managedFields: true })
    const document = { clientVersion: client, ...(server === undefined ? {} : { serverVersion: server }) }
    if (format.type === "objects") print(program, await format.print(document))
    return 0
  }
  print(program, `mctl ${textAt(client, "version")} (node ${process.version})\n`)
  if (server !== undefined)
    print(program, `server ${textAt(server, "gitVersion")} (${textAt(server, "platform")})\n`)
  return 0
}

const ownVersion = async (): Promise<string> => {
  const manifest: unknown = JSON.parse(
    await readFile(join(import.meta.dirname, "../../package.json"), "utf8"),
  )
  return isObject(manifest) ? textAt(manifest, "version") : ""
}
