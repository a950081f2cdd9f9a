import { describe, expect, it } from "vitest"
import { addressesOf } from "./cni.ts"
import { networkConfig, pluginChain } from "./config.ts"
import { planFirewall, planFirewallRemoval } from "./firewall.ts"

const installation = { id: "0123456789ab", dataDir: "/data", runDir: "/run/miren/0123456789ab" }
const config = networkConfig(installation, {}, true)

describe("an installation's network", () => {
  it("has a bridge name that the kernel takes and private subnets of its own", () => {
    expect(config).toMatchObject({
      bridge: "miren0123456789",
      subnet4: "10.65.32.0/20",
      subnet6: "fd01:2345:6789::/64",
      hostIP: "127.0.0.1",
    })
    expect(Buffer.byteLength(config.bridge)).toBeLessThanOrEqual(15)
  })
  it("differs from another's", () => {
    const other = networkConfig({ ...installation, id: "ba9876543210" }, {}, true)
    expect([other.bridge, other.subnet4, other.subnet6]).not.toContain(config.bridge)
    expect(other.subnet4).not.toBe(config.subnet4)
  })
  it("has no IPv6 where the host has none, or where it is not wanted", () => {
    expect(networkConfig(installation, {}, false).subnet6).toBeUndefined()
    expect(networkConfig(installation, { subnet6: "none" }, true).subnet6).toBeUndefined()
  })
  it("maps ports on loopback unless a mapping says where", () => {
    const port = { containerPort: 80, hostPort: 8080, protocol: "tcp" } as const
    const [, portmap] = pluginChain(config, [port, { ...port, hostPort: 8081, hostIP: "0.0.0.0" }])
    expect(portmap?.runtimeConfig).toEqual({
      portMappings: [
        { ...port, hostIP: "127.0.0.1" },
        { ...port, hostPort: 8081, hostIP: "0.0.0.0" },
      ],
    })
    expect(pluginChain(config, [])).toHaveLength(1)
  })
  it("gives addresses without their prefix, IPv4 first", () => {
    const ips = [{ address: "fd00::2/64" }, { address: "10.0.0.2/20" }, {}]
    expect(addressesOf({ ips })).toEqual(["10.0.0.2", "fd00::2"])
    expect(addressesOf({})).toEqual([])
  })
})

/** What iptables-save would say after the script was read. */
const applied = (script: string): string => script.replaceAll(/^-I (\S+) /gm, "-A $1 ")

describe("the bridge's rules", () => {
  const empty = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
  it("drop what a sandbox sends to the host, its loopback, and other installations", () => {
    const script = planFirewall("iptables", config, empty)
    expect(script).toContain("-A MIREN-0123456789ab-RAW -d 127.0.0.0/8 -j DROP")
    expect(script).toContain("-I INPUT -i miren0123456789 -j MIREN-0123456789ab-IN")
    expect(script).toContain("-A MIREN-0123456789ab-FWD -i miren0123456789 -o miren+ -j DROP")
  })
  it("are put in once: planned again on what is there, they jump no second time", () => {
    const first = planFirewall("iptables", config, empty)
    const second = planFirewall("iptables", config, applied(first))
    expect(first.match(/^-I /gm)).toHaveLength(5)
    expect(second.match(/^-I /gm)).toBeNull()
  })
  it("are taken back whole, with the port mappings of the network, and nobody else's", () => {
    const saved = [
      "*nat",
      ":CNI-DN-ours - [0:0]",
      ":CNI-DN-theirs - [0:0]",
      ":MIREN-0123456789ab-NAT - [0:0]",
      "-A POSTROUTING ! -o miren0123456789 -j MIREN-0123456789ab-NAT",
      "-A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE",
      '-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \\"miren-0123456789ab\\" id: \\"1\\"" -j CNI-DN-ours',
      '-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \\"podman\\" id: \\"2\\"" -j CNI-DN-theirs',
      "-A MIREN-0123456789ab-NAT -s 10.65.32.0/20 -j MASQUERADE",
      "COMMIT",
    ].join("\n")
    const script = planFirewallRemoval(config, saved)
    expect(script.split("\n")).toEqual([
      "*nat",
      "-F CNI-DN-ours",
      "-F MIREN-0123456789ab-NAT",
      "-D POSTROUTING ! -o miren0123456789 -j MIREN-0123456789ab-NAT",
      '-D CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \\"miren-0123456789ab\\" id: \\"1\\"" -j CNI-DN-ours',
      "-X CNI-DN-ours",
      "-X MIREN-0123456789ab-NAT",
      "COMMIT",
      "",
    ])
  })
  it("need no removal where there are none", () => {
    expect(planFirewallRemoval(config, empty)).toBe("")
  })
})
