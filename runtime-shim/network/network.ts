/**
 * The sandboxes' networks: a fresh netns each, attached to the installation's bridge by CNI plugins.
 *
 * Guarantees: `down` is total and may be repeated; DEL always comes before the netns goes (else its lease leaks). What
 * was asked of the plugins is on disk before they run, so a cut can be undone by another process.
 * Start with {@link SandboxNetworks}.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { runCommand, runOrFail } from "../command.ts"
import { readJsonFile, writeJsonFile } from "../json-file.ts"
import type { PortMapping, RuntimeError, SandboxId } from "../sandbox-runtime.ts"
import { addressesOf, type CniResult, callPlugin } from "./cni.ts"
import { type NetworkConfig, type PluginConfig, pluginChain } from "./config.ts"
import { type Family, planFirewall, planFirewallRemoval } from "./firewall.ts"
import { createNetns, isNetns, listNetns, removeNetns } from "./netns.ts"
import { planPortmapRemoval } from "./portmap-chains.ts"

/** One sandbox's network as it is kept on disk. */
interface NetworkRecord {
  readonly chain: ReadonlyArray<PluginConfig>
  /** Absent until ADD has succeeded. */
  readonly result?: CniResult
}

export interface NetworkPaths {
  readonly netnsDir: string
  /** The file of one sandbox's record. */
  readonly recordOf: (id: SandboxId) => string
}

const families: ReadonlyArray<Family> = ["iptables", "ip6tables"]

/** False where the kernel has no IPv6, or it is switched off. */
export const hostHasIPv6 = (): boolean => {
  try {
    return readFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "utf8").trim() === "0"
  } catch {
    return false
  }
}

const restore = (family: Family, script: string, subject: string) =>
  script === ""
    ? Effect.void
    : Effect.asVoid(
        runOrFail({ file: `${family}-restore`, args: ["--noflush", "-w", "5"], stdin: script, subject }),
      )

export class SandboxNetworks {
  readonly config: NetworkConfig
  readonly #pluginsDir: string
  readonly #paths: NetworkPaths

  constructor(config: NetworkConfig, pluginsDir: string, paths: NetworkPaths) {
    this.config = config
    this.#pluginsDir = pluginsDir
    this.#paths = paths
  }

  netnsOf(id: SandboxId): string {
    return join(this.#paths.netnsDir, id)
  }

  #families(): ReadonlyArray<Family> {
    return this.config.subnet6 === undefined ? ["iptables"] : families
  }

  /**
   * The bridge, before the plugin would make it: without duplicate address detection, which would keep its IPv6 address
   * from use for seconds.
   */
  readonly #ensureBridge: Effect.Effect<void, RuntimeError> = Effect.suspend(() => {
    const { bridge, subnet6 } = this.config
    // Not /sys/class/net: that shows the netns in which /sys was mounted, not this process's.
    if (existsSync(`/proc/sys/net/ipv4/conf/${bridge}`)) return Effect.void
    return Effect.gen(function* () {
      yield* runOrFail({ file: "ip", args: ["link", "add", bridge, "type", "bridge"], subject: bridge })
      const acceptDad = `/proc/sys/net/ipv6/conf/${bridge}/accept_dad`
      if (subnet6 !== undefined && existsSync(acceptDad)) writeFileSync(acceptDad, "0")
      yield* runOrFail({ file: "ip", args: ["link", "set", bridge, "up"], subject: bridge })
    })
  })

  readonly #ensureFirewall: Effect.Effect<void, RuntimeError> = Effect.suspend(() =>
    Effect.forEach(
      this.#families(),
      (family) =>
        Effect.gen({ self: this }, function* () {
          const subject = this.config.bridge
          const saved = yield* runOrFail({ file: `${family}-save`, args: [], subject })
          yield* restore(family, planFirewall(family, this.config, saved), subject)
        }),
      { discard: true, concurrency: 2 },
    ),
  )

  /** The bridge and its rules. Repeated at each start: another program may have flushed them. */
  readonly ensure: Effect.Effect<void, RuntimeError> = Effect.suspend(() =>
    Effect.andThen(this.#ensureFirewall, this.#ensureBridge),
  )

  /** A netns with nothing but its loopback: a task may be made in it while `attach` runs. */
  prepare(id: SandboxId, ports: ReadonlyArray<PortMapping>): Effect.Effect<void, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const record: NetworkRecord = { chain: pluginChain(this.config, ports) }
      yield* writeJsonFile(this.#paths.recordOf(id), record)
      yield* createNetns(this.netnsOf(id))
    })
  }

  /** Attaches a prepared netns to the bridge; gives its addresses, IPv4 first. */
  attach(id: SandboxId): Effect.Effect<ReadonlyArray<string>, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const path = this.#paths.recordOf(id)
      const chain = this.#chainOf(id)
      let result: CniResult | undefined
      for (const config of chain) {
        const on = { id, netns: this.netnsOf(id), config, prevResult: result }
        result = yield* callPlugin(this.#pluginsDir, "ADD", on)
      }
      yield* writeJsonFile(path, { chain, result })
      return result === undefined ? [] : addressesOf(result)
    })
  }

  #record(id: SandboxId): NetworkRecord | undefined {
    return readJsonFile<NetworkRecord>(this.#paths.recordOf(id))
  }

  #chainOf(id: SandboxId): ReadonlyArray<PluginConfig> {
    return this.#record(id)?.chain ?? pluginChain(this.config, [])
  }

  addresses(id: SandboxId): ReadonlyArray<string> {
    const result = this.#record(id)?.result
    return result === undefined || !existsSync(this.netnsOf(id)) ? [] : addressesOf(result)
  }

  down(id: SandboxId): Effect.Effect<void, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const netns = this.netnsOf(id)
      const record = this.#record(id)
      if (record !== undefined || existsSync(netns) || this.#hasLease(id)) {
        const at = isNetns(netns) ? netns : ""
        for (const config of [...this.#chainOf(id)].reverse()) {
          const on = { id, netns: at, config, prevResult: record?.result }
          yield* callPlugin(this.#pluginsDir, "DEL", on)
        }
      }
      yield* removeNetns(netns)
      rmSync(this.#paths.recordOf(id), { force: true })
    })
  }

  /** host-local's files: named by address, holding the id of who has it. */
  #leases(): ReadonlyArray<{ readonly path: string; readonly id: string }> {
    const directory = join(this.config.leasesDir, this.config.name)
    if (!existsSync(directory)) return []
    return readdirSync(directory)
      .filter((name) => /^[0-9a-f.:]+$/.test(name))
      .map((name) => {
        const path = join(directory, name)
        return { path, id: readFileSync(path, "utf8").split(/\s/)[0] ?? "" }
      })
  }

  #hasLease(id: SandboxId): boolean {
    return this.#leases().some((lease) => lease.id === id)
  }

  /** Takes down what belongs to no sandbox: a netns, then a lease. Called while nothing is being created. */
  reconcile(isKnown: (id: SandboxId) => boolean): Effect.Effect<void, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const strays = [...listNetns(this.#paths.netnsDir), ...this.#leases().map(({ id }) => id)]
      for (const id of new Set(strays)) if (!isKnown(id)) yield* Effect.ignore(this.down(id))
      for (const { id, path } of this.#leases()) if (!isKnown(id)) rmSync(path, { force: true })
    })
  }

  /** Takes back the bridge and every rule that carries our names. Sandboxes must be gone. */
  readonly cleanup: Effect.Effect<void, RuntimeError> = Effect.suspend(() =>
    Effect.gen({ self: this }, function* () {
      const subject = this.config.bridge
      yield* this.reconcile(() => false)
      for (const family of this.#families()) {
        for (const plan of [(saved: string) => planFirewallRemoval(this.config, saved), planPortmapRemoval]) {
          const { exitCode, stdout } = yield* runCommand({ file: `${family}-save`, args: [], subject })
          if (exitCode === 0) yield* restore(family, plan(stdout), subject)
        }
      }
      yield* runCommand({ file: "ip", args: ["link", "delete", subject], subject })
      rmSync(join(this.config.leasesDir, this.config.name), { recursive: true, force: true })
    }),
  )
}
