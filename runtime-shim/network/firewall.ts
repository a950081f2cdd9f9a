/**
 * The rules that hold an installation's bridge, as a few chains of its own name: `MIREN-<id>-…`.
 *
 * A sandbox reaches the world (masqueraded) and its siblings; not the host itself, not another installation's bridge.
 * From outside, only what a host port leads to comes in. A packet from the bridge to 127.0.0.0/8 is dropped before
 * anything else sees it, since a host port on loopback makes the kernel route such packets (`route_localnet`).
 * Planning is pure; start with {@link planFirewall}.
 */
import type { NetworkConfig } from "./config.ts"
import { BRIDGE_PREFIX } from "./config.ts"

export type Family = "iptables" | "ip6tables"

const TABLES = ["raw", "nat", "filter"] as const
type Table = (typeof TABLES)[number]

interface Chain {
  readonly table: Table
  readonly chain: string
  /** The built-in chain and match that lead to it. */
  readonly jumps: ReadonlyArray<{ readonly from: string; readonly match: string }>
  readonly rules: ReadonlyArray<string>
}

export const chainPrefix = (config: NetworkConfig): string => `MIREN-${config.name.slice(-12)}`

const chainsOf = (family: Family, config: NetworkConfig): ReadonlyArray<Chain> => {
  const { bridge } = config
  const prefix = chainPrefix(config)
  const subnet = family === "iptables" ? config.subnet4 : config.subnet6
  const icmp = family === "iptables" ? "icmp" : "ipv6-icmp"
  const loopback = family === "iptables" ? "127.0.0.0/8" : "::1/128"
  const masquerade = subnet === undefined ? [] : [`-s ${subnet} ! -d ${subnet} -j MASQUERADE`]
  return [
    {
      table: "raw",
      chain: `${prefix}-RAW`,
      jumps: [{ from: "PREROUTING", match: `-i ${bridge}` }],
      rules: [`-d ${loopback} -j DROP`],
    },
    {
      table: "nat",
      chain: `${prefix}-NAT`,
      jumps: [{ from: "POSTROUTING", match: `! -o ${bridge}` }],
      rules: masquerade,
    },
    {
      table: "filter",
      chain: `${prefix}-IN`,
      jumps: [{ from: "INPUT", match: `-i ${bridge}` }],
      rules: ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", `-p ${icmp} -j ACCEPT`, "-j DROP"],
    },
    {
      table: "filter",
      chain: `${prefix}-FWD`,
      jumps: [
        { from: "FORWARD", match: `-i ${bridge}` },
        { from: "FORWARD", match: `-o ${bridge}` },
      ],
      rules: [
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-m conntrack --ctstate DNAT -j ACCEPT",
        `-i ${bridge} -o ${bridge} -j ACCEPT`,
        `-i ${bridge} -o ${BRIDGE_PREFIX}+ -j DROP`,
        `-i ${bridge} -j ACCEPT`,
        "-j DROP",
      ],
    },
  ]
}

/** Lines of `iptables-save`, by table. */
/** The chains and rules of `iptables-save`, by table. */
export const linesByTable = (saved: string): Map<string, ReadonlyArray<string>> => {
  const tables = new Map<string, Array<string>>()
  let current: Array<string> = []
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) {
      current = []
      tables.set(line.slice(1), current)
    } else if (line.startsWith(":") || line.startsWith("-A")) current.push(line)
  }
  return tables
}

const script = (parts: ReadonlyArray<readonly [string, ReadonlyArray<string>]>): string =>
  parts
    .filter(([, lines]) => lines.length > 0)
    .map(([table, lines]) => [`*${table}`, ...lines, "COMMIT", ""].join("\n"))
    .join("")

/** What `iptables-restore --noflush` must read so that the rules are as they should be, given what is there. */
export const planFirewall = (family: Family, config: NetworkConfig, saved: string): string => {
  const present = linesByTable(saved)
  const chains = chainsOf(family, config)
  return script(
    TABLES.map((table) => {
      const there = present.get(table) ?? []
      const own = chains.filter((chain) => chain.table === table)
      const jumps = own.flatMap(({ chain, jumps }) =>
        jumps
          .filter(({ from, match }) => !there.includes(`-A ${from} ${match} -j ${chain}`))
          .map(({ from, match }) => `-I ${from} ${match} -j ${chain}`),
      )
      return [
        table,
        [
          ...own.map(({ chain }) => `:${chain} - [0:0]`),
          ...own.flatMap(({ chain, rules }) => rules.map((rule) => `-A ${chain} ${rule}`)),
          ...jumps,
        ],
      ] as const
    }),
  )
}

/**
 * What `iptables-restore --noflush` must read to take back every rule that carries our names: our chains, and the
 * portmap plugin's (its comments name the network). Empty when there is nothing.
 */
export const planFirewallRemoval = (config: NetworkConfig, saved: string): string => {
  const prefix = `${chainPrefix(config)}-`
  return script(
    [...linesByTable(saved)].map(([table, lines]) => {
      const isOurs = (line: string) => line.includes(prefix) || line.includes(`\\"${config.name}\\"`)
      const rules = lines.filter((line) => line.startsWith("-A") && isOurs(line))
      const targets = rules.flatMap((line) => /-j (CNI-DN-\S+|CNI-[0-9a-f]+)/.exec(line)?.[1] ?? [])
      const declared = lines
        .filter((line) => line.startsWith(`:${prefix}`))
        .map((line) => line.slice(1).split(" ")[0])
      const chains = [...new Set([...targets, ...declared])]
      return [
        table,
        [
          ...chains.map((chain) => `-F ${chain}`),
          ...rules
            .filter((line) => !chains.some((chain) => line.startsWith(`-A ${chain} `)))
            .map((line) => line.replace(/^-A/, "-D")),
          ...chains.map((chain) => `-X ${chain}`),
        ],
      ] as const
    }),
  )
}
