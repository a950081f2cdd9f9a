import { describe, expect, it } from "vitest"
import { planPortmapRemoval } from "./portmap-chains.ts"

const chains = [
  "*nat",
  ":PREROUTING ACCEPT [0:0]",
  ":CNI-HOSTPORT-DNAT - [0:0]",
  ":CNI-HOSTPORT-MASQ - [0:0]",
  "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
  '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
  "-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE",
]

describe("the chains that portmap shares", () => {
  it("go when no port is mapped any more", () => {
    expect(planPortmapRemoval([...chains, "COMMIT"].join("\n")).split("\n")).toEqual([
      "*nat",
      "-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
      '-D POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      "-F CNI-HOSTPORT-DNAT",
      "-F CNI-HOSTPORT-MASQ",
      "-X CNI-HOSTPORT-DNAT",
      "-X CNI-HOSTPORT-MASQ",
      "COMMIT",
      "",
    ])
  })

  it("stay while another network has a port mapped", () => {
    const used = '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"other\\"" -j CNI-DN-abc'
    expect(planPortmapRemoval([...chains, used, "COMMIT"].join("\n"))).toBe("")
  })

  it("need nothing where they are not", () => {
    expect(planPortmapRemoval("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")).toBe("")
  })
})
