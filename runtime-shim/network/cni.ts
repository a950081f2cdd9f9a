/** CNI plugins as programs: one call of one plugin (CNI specification 1.0, "Execution Protocol"). */
import { join } from "node:path"
import { Effect } from "effect"
import { runCommand } from "../command.ts"
import { CNI_DEADLINE_MS } from "../limits.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import type { PluginConfig } from "./config.ts"

export interface Attachment {
  readonly id: SandboxId
  /** The path of the netns; empty for a DEL after it has gone. */
  readonly netns: string
}

/** What ADD gives: kept whole for the plugins that follow, and for DEL. */
export type CniResult = { readonly [key: string]: unknown }

const INTERFACE = "eth0"

const parse = (text: string): CniResult | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as CniResult) : undefined
  } catch {
    return undefined
  }
}

const failed = (id: SandboxId, plugin: string, message: string) =>
  new RuntimeError({
    reason: "NetworkFailed",
    operation: `cni ${plugin}`,
    subject: id,
    message: `the CNI plugin ${plugin} failed: ${message}`,
  })

/** Runs one plugin. The first address is in `addressesOf` its result. */
export const callPlugin = (
  pluginsDir: string,
  verb: "ADD" | "DEL",
  on: Attachment & { readonly config: PluginConfig; readonly prevResult: CniResult | undefined },
): Effect.Effect<CniResult, RuntimeError> => {
  const { config, id, netns, prevResult } = on
  return runCommand({
    file: join(pluginsDir, config.type),
    args: [],
    subject: id,
    deadlineMs: CNI_DEADLINE_MS,
    env: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: id,
      CNI_NETNS: netns,
      CNI_IFNAME: INTERFACE,
      CNI_PATH: pluginsDir,
    },
    stdin: JSON.stringify(prevResult === undefined ? config : { ...config, prevResult }),
  }).pipe(
    Effect.mapError((error) => failed(id, config.type, error.message)),
    Effect.flatMap(({ exitCode, stdout, stderr }) => {
      const result = parse(stdout)
      if (exitCode === 0 && (result !== undefined || verb === "DEL")) return Effect.succeed(result ?? {})
      const words = [result?.msg, result?.details, result === undefined ? stderr.slice(-500) : undefined]
      return Effect.fail(failed(id, config.type, words.filter(Boolean).join(": ") || `exit code ${exitCode}`))
    }),
  )
}

/** The addresses of an ADD's result without their prefix lengths, IPv4 first. */
export const addressesOf = (result: CniResult): ReadonlyArray<string> => {
  const ips = Array.isArray(result.ips) ? result.ips : []
  const addresses = ips.flatMap((ip: { readonly address?: unknown }) =>
    typeof ip.address === "string" ? [ip.address.replace(/\/\d+$/, "")] : [],
  )
  return addresses.sort((a, b) => Number(a.includes(":")) - Number(b.includes(":")))
}
