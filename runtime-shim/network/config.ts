/** The network of an installation: one bridge, one IPv4 and one IPv6 subnet, as data for the CNI plugins. Pure. */
import type { Installation } from "../installation.ts"
import { pathsOf } from "../installation.ts"
import type { PortMapping } from "../sandbox-runtime.ts"

/** What may be chosen; each has a default that follows from the data dir, so that installations do not collide. */
export interface NetworkOptions {
  /** At most 15 bytes, as the kernel has it. Must begin with `miren`, the prefix by which bridges of ours are kept apart. */
  readonly bridge?: string
  readonly subnet4?: string
  /** `none`: IPv4 only. Default: a /64 of fd00::/8 where the host has IPv6. */
  readonly subnet6?: string | "none"
  /** Host ports without a `hostIP` are bound here. Default 127.0.0.1. */
  readonly hostIP?: string
}

export interface NetworkConfig {
  /** The CNI network's name, and the folder of its leases. */
  readonly name: string
  readonly bridge: string
  readonly subnet4: string
  readonly subnet6: string | undefined
  readonly hostIP: string
  readonly leasesDir: string
}

export const BRIDGE_PREFIX = "miren"
const CNI_VERSION = "1.0.0"

/** One of 1024 /20 networks of 10.64.0.0/10. */
const defaultSubnet4 = (hash: number) => `10.${64 + ((hash >> 4) & 63)}.${(hash & 15) * 16}.0/20`

/** A unique local /64 with the hash as its global id (RFC 4193). */
const defaultSubnet6 = (id: string) => `fd${id.slice(0, 2)}:${id.slice(2, 6)}:${id.slice(6, 10)}::/64`

export const networkConfig = (
  installation: Installation,
  options: NetworkOptions,
  hostHasIPv6: boolean,
): NetworkConfig => {
  const { id } = installation
  const subnet6 = options.subnet6 ?? (hostHasIPv6 ? defaultSubnet6(id) : "none")
  return {
    name: `${BRIDGE_PREFIX}-${id}`,
    bridge: options.bridge ?? `${BRIDGE_PREFIX}${id.slice(0, 10)}`,
    subnet4: options.subnet4 ?? defaultSubnet4(Number.parseInt(id.slice(0, 3), 16)),
    subnet6: subnet6 === "none" ? undefined : subnet6,
    hostIP: options.hostIP ?? "127.0.0.1",
    leasesDir: pathsOf(installation).leases,
  }
}

/** A plugin's network configuration, as it goes to its stdin. */
export interface PluginConfig {
  readonly cniVersion: string
  readonly name: string
  readonly type: string
  readonly [key: string]: unknown
}

/** The plugins that make one sandbox's network, in the order of ADD; DEL takes them backwards. */
export const pluginChain = (
  config: NetworkConfig,
  ports: ReadonlyArray<PortMapping>,
): ReadonlyArray<PluginConfig> => {
  const { name, bridge, subnet4, subnet6, hostIP, leasesDir } = config
  const subnets = subnet6 === undefined ? [subnet4] : [subnet4, subnet6]
  const routes = subnet6 === undefined ? ["0.0.0.0/0"] : ["0.0.0.0/0", "::/0"]
  const common = { cniVersion: CNI_VERSION, name }
  const bridgePlugin: PluginConfig = {
    ...common,
    type: "bridge",
    bridge,
    isGateway: true,
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: leasesDir,
      ranges: subnets.map((subnet) => [{ subnet }]),
      routes: routes.map((dst) => ({ dst })),
    },
  }
  if (ports.length === 0) return [bridgePlugin]
  const portMappings = ports.map((port) => ({
    hostPort: port.hostPort,
    containerPort: port.containerPort,
    protocol: port.protocol,
    hostIP: port.hostIP ?? hostIP,
  }))
  return [
    bridgePlugin,
    {
      ...common,
      type: "portmap",
      capabilities: { portMappings: true },
      snat: true,
      runtimeConfig: { portMappings },
    },
  ]
}
