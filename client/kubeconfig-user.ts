/** The `user` of a kubeconfig: how its plain fields become headers. */
import { readFile } from "node:fs/promises"
import { isAbsolute, join } from "node:path"
import { monotonicMs } from "./ambient.ts"
import { ConfigError } from "./connection-config.ts"
import { tokenFileMaxAgeMs } from "./limits.ts"

export interface KubeconfigEntry {
  readonly value: { readonly [key: string]: unknown }
  /** Where relative paths start from. */
  readonly directory: string
}

/** A string of an entry; absent and empty are the same. */
export const textOf = (entry: KubeconfigEntry, key: string): string | undefined => {
  const value = entry.value[key]
  return typeof value === "string" && value !== "" ? value : undefined
}

export const pathIn = (entry: KubeconfigEntry, path: string): string =>
  isAbsolute(path) ? path : join(entry.directory, path)

/** Its credentials come from a program or a cloud's own dance. */
export const isPluginUser = (user: KubeconfigEntry): boolean =>
  user.value.exec !== undefined || user.value["auth-provider"] !== undefined

/** Whom to act as. Source: Kubernetes documentation, "User impersonation". */
export const impersonation = (user: KubeconfigEntry): { readonly [name: string]: string } => {
  const name = textOf(user, "as")
  const uid = textOf(user, "as-uid")
  const groups = user.value["as-groups"]
  if (Array.isArray(groups) && groups.length > 1) {
    throw new ConfigError("Unsupported", "as-groups: only one group can be impersonated")
  }
  return {
    ...(name === undefined ? {} : { "impersonate-user": name }),
    ...(uid === undefined ? {} : { "impersonate-uid": uid }),
    ...(Array.isArray(groups) && groups.length > 0 ? { "impersonate-group": String(groups[0]) } : {}),
  }
}

/** A token in a file is read again now and then: whoever wrote it may rotate it. */
const fromFile = (path: string): (() => Promise<string>) => {
  let held: { readonly value: string; readonly readAt: number } | undefined
  return async () => {
    if (held !== undefined && monotonicMs() - held.readAt < tokenFileMaxAgeMs) return held.value
    try {
      const token = (await readFile(path, "utf8")).trim()
      held = { value: `Bearer ${token}`, readAt: monotonicMs() }
      return held.value
    } catch (cause) {
      throw new ConfigError("Unreadable", `tokenFile: ${path} cannot be read`, cause)
    }
  }
}

/** The Authorization header of a token, a token file (which wins, as in client-go) or a password. */
export const plainAuthorization = (
  user: KubeconfigEntry,
): (() => Promise<string | undefined>) | undefined => {
  const tokenFile = textOf(user, "tokenFile")
  if (tokenFile !== undefined) return fromFile(pathIn(user, tokenFile))
  const token = textOf(user, "token")
  if (token !== undefined) return async () => `Bearer ${token}`
  const username = textOf(user, "username")
  if (username === undefined) return undefined
  const basic = Buffer.from(`${username}:${textOf(user, "password") ?? ""}`).toString("base64")
  return async () => `Basic ${basic}`
}
