/**
 * A kubeconfig as a {@link ConnectionConfig}: the files in their order, merged as kubectl merges them, one context chosen.
 * The plain cases (certificates, tokens, passwords, impersonation) are read here, as loading @kubernetes/client-node takes
 * longer than a whole command may; exec and auth-provider plugins are left to it.
 */
import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { ConfigError, type ConnectionConfig } from "./connection-config.ts"
import { isJsonObject } from "./json-object.ts"
import {
  impersonation,
  isPluginUser,
  type KubeconfigEntry,
  pathIn,
  plainAuthorization,
  textOf,
} from "./kubeconfig-user.ts"
import { maxKubeconfigBytes } from "./limits.ts"

export interface KubeconfigOptions {
  /** A file that must exist. Absent: KUBECONFIG, the client's own file, `~/.kube/config`, then the service account of a pod. */
  readonly kubeconfig?: string
  readonly context?: string
  /** Stands for `process.env`. */
  readonly environment?: { readonly [name: string]: string | undefined }
}

/** The files merged: the first definition of a name wins. */
export interface Kubeconfig {
  readonly files: ReadonlyArray<string>
  readonly clusters: Map<string, KubeconfigEntry>
  readonly users: Map<string, KubeconfigEntry>
  readonly contexts: Map<string, KubeconfigEntry>
  currentContext: string | undefined
}

const sections = [
  ["clusters", "cluster"],
  ["users", "user"],
  ["contexts", "context"],
] as const

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const readText = async (path: string): Promise<string | undefined> => {
  try {
    const bytes = await readFile(path)
    if (bytes.length > maxKubeconfigBytes) {
      throw new ConfigError("Invalid", `${path} has more than ${maxKubeconfigBytes} bytes`)
    }
    return bytes.toString("utf8")
  } catch (cause) {
    if (isMissing(cause)) return undefined
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError("Unreadable", `${path} cannot be read`, cause)
  }
}

/** The first definition of a name wins, as kubectl has it. */
const mergeFile = async (merged: Kubeconfig, path: string, text: string): Promise<void> => {
  let document: unknown
  try {
    // JSON is YAML too, and needs no parser to be loaded: what the server writes is JSON.
    document = /^\s*\{/.test(text) ? JSON.parse(text) : (await import("yaml")).parse(text)
  } catch (cause) {
    throw new ConfigError("Invalid", `${path} is not YAML`, cause)
  }
  if (document === null) return
  if (!isJsonObject(document)) throw new ConfigError("Invalid", `${path} is not a kubeconfig`)
  for (const [section, key] of sections) {
    const list = document[section] ?? []
    if (!Array.isArray(list)) throw new ConfigError("Invalid", `${path}: ${section} must be a list`)
    for (const item of list) {
      if (!isJsonObject(item) || typeof item.name !== "string") {
        throw new ConfigError("Invalid", `${path}: each of ${section} must have a name`)
      }
      const value = item[key] ?? {}
      if (!isJsonObject(value)) {
        throw new ConfigError("Invalid", `${path}: ${section} "${item.name}" must have a ${key}`)
      }
      if (!merged[section].has(item.name)) merged[section].set(item.name, { value, directory: dirname(path) })
    }
  }
  const current = document["current-context"]
  if (typeof current === "string" && current !== "") merged.currentContext ??= current
}

/** Where to look, and whether the files must be there. */
const candidates = (options: KubeconfigOptions): ReadonlyArray<ReadonlyArray<string>> => {
  const environment = options.environment ?? process.env
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "")
  if (listed.length > 0) return [listed]
  const home = environment.HOME ?? homedir()
  return [[join(home, ".config/miren/clientconfig.yaml")], [join(home, ".kube/config")]]
}

const load = async (files: ReadonlyArray<string>): Promise<Kubeconfig | undefined> => {
  const merged: Kubeconfig = {
    files,
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
    currentContext: undefined,
  }
  let found = 0
  for (const file of files) {
    const path = resolve(file)
    const text = await readText(path)
    if (text === undefined) continue
    found += 1
    await mergeFile(merged, path, text)
  }
  return found === 0 ? undefined : merged
}

/** The first place that has a kubeconfig; undefined when none has. Rejects with {@link ConfigError} only. */
export const readKubeconfig = async (options: KubeconfigOptions): Promise<Kubeconfig | undefined> => {
  if (options.kubeconfig !== undefined) {
    const merged = await load([options.kubeconfig])
    if (merged === undefined) throw new ConfigError("NotFound", `${options.kubeconfig} does not exist`)
    return merged
  }
  for (const files of candidates(options)) {
    const merged = await load(files)
    if (merged !== undefined) return merged
  }
  return undefined
}

/** PEM given as base64 or as a file; the data wins. */
const pem = async (entry: KubeconfigEntry, key: string): Promise<string | undefined> => {
  const data = textOf(entry, `${key}-data`)
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8")
  const file = textOf(entry, key)
  if (file === undefined) return undefined
  const content = await readText(pathIn(entry, file))
  if (content === undefined) throw new ConfigError("NotFound", `${key}: ${file} does not exist`)
  return content
}

const entryOf = (
  merged: Kubeconfig,
  section: "clusters" | "users" | "contexts",
  name: string,
): KubeconfigEntry => {
  const entry = merged[section].get(name)
  if (entry !== undefined) return entry
  throw new ConfigError("Invalid", `${merged.files.join(", ")}: there is no "${name}" among the ${section}`)
}

const connect = async (merged: Kubeconfig, contextName: string): Promise<ConnectionConfig> => {
  const context = entryOf(merged, "contexts", contextName)
  const cluster = entryOf(merged, "clusters", textOf(context, "cluster") ?? "")
  const userName = textOf(context, "user")
  const user = userName === undefined ? { value: {}, directory: "." } : entryOf(merged, "users", userName)
  const server = textOf(cluster, "server")
  if (server === undefined || !/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new ConfigError("Invalid", `cluster of context "${contextName}": server must be an http(s) URL`)
  }
  if (textOf(cluster, "proxy-url") !== undefined) {
    throw new ConfigError("Unsupported", `cluster of context "${contextName}": proxy-url is not supported`)
  }
  const [ca, clientCertificate, clientKey] = await Promise.all([
    pem(cluster, "certificate-authority"),
    pem(user, "client-certificate"),
    pem(user, "client-key"),
  ])
  const serverName = textOf(cluster, "tls-server-name")
  const authorization = plainAuthorization(user)
  return {
    server,
    namespace: textOf(context, "namespace") ?? "default",
    headers: impersonation(user),
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(cluster.value["insecure-skip-tls-verify"] === true ? { insecureSkipTlsVerify: true } : {}),
    ...(authorization === undefined ? {} : { authorization }),
    ...(isPluginUser(user)
      ? await (await import("./kubeconfig-plugins.ts")).pluginCredentials(merged.files, contextName)
      : {}),
  }
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

/** The service account of the pod that we run in, if we do. */
const inCluster = async (options: KubeconfigOptions): Promise<ConnectionConfig | undefined> => {
  const environment = options.environment ?? process.env
  const host = environment.KUBERNETES_SERVICE_HOST
  const port = environment.KUBERNETES_SERVICE_PORT ?? "443"
  if (host === undefined || host === "") return undefined
  const ca = await readText(`${serviceAccount}/ca.crt`)
  const namespace = (await readText(`${serviceAccount}/namespace`))?.trim()
  const authorization = plainAuthorization({
    value: { tokenFile: `${serviceAccount}/token` },
    directory: serviceAccount,
  })
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: namespace ?? "default",
    ...(ca === undefined ? {} : { ca }),
    ...(authorization === undefined ? {} : { authorization }),
  }
}

/** Rejects with {@link ConfigError} only. */
export const loadKubeconfig = async (options: KubeconfigOptions = {}): Promise<ConnectionConfig> => {
  const merged = await readKubeconfig(options)
  if (merged === undefined) {
    const pod = await inCluster(options)
    if (pod !== undefined) return pod
    const places = candidates(options).flat().join(", ")
    throw new ConfigError("NotFound", `there is no kubeconfig: looked for ${places}`)
  }
  const context = options.context ?? merged.currentContext
  if (context === undefined) {
    throw new ConfigError(
      "Invalid",
      `${merged.files.join(", ")}: no context is named, and there is no current-context`,
    )
  }
  return connect(merged, context)
}
