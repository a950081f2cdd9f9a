/** Credentials from exec and auth-provider plugins, as @kubernetes/client-node obtains and renews them. */
import type { RequestOptions } from "node:https"
import { delimiter } from "node:path"
import { KubeConfig } from "@kubernetes/client-node"
import { ConfigError, type ConnectionConfig } from "./connection-config.ts"

type PluginCredentials = Pick<ConnectionConfig, "authorization" | "clientCertificate" | "clientKey">

const pemOf = (value: RequestOptions["cert"] | RequestOptions["key"]): string | undefined =>
  typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString("utf8") : undefined

export const pluginCredentials = async (
  files: ReadonlyArray<string>,
  context: string,
): Promise<PluginCredentials> => {
  const config = new KubeConfig()
  const ask = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    return options
  }
  try {
    loadMerged(config, files)
    config.setCurrentContext(context)
    const first = await ask()
    const clientCertificate = pemOf(first.cert)
    const clientKey = pemOf(first.key)
    return {
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
      ...(clientKey === undefined ? {} : { clientKey }),
      authorization: async () => authorizationOf(await ask()),
    }
  } catch (cause) {
    throw new ConfigError(
      "Unsupported",
      `context "${context}": its credential plugin gave no credentials`,
      cause,
    )
  }
}

const loadMerged = (config: KubeConfig, files: ReadonlyArray<string>): void => {
  const [first, ...others] = files.join(delimiter).split(delimiter)
  if (first === undefined) return
  config.loadFromFile(first)
  for (const file of others) {
    const other = new KubeConfig()
    other.loadFromFile(file)
    config.mergeConfig(other, true)
  }
}

const authorizationOf = (options: RequestOptions): string | undefined => {
  const headers = options.headers
  if (headers === undefined || Array.isArray(headers)) return undefined
  const value = (headers as { readonly [name: string]: unknown }).Authorization
  return typeof value === "string" ? value : undefined
}
