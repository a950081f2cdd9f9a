/**
 * The chains that the portmap plugin makes for all networks of a machine, and never removes: taken back with the last of
 * ours, and only where no network of anybody else has a port mapped. The plugin makes them anew when it needs them.
 */
import { linesByTable } from "./firewall.ts"

const SHARED = ["CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-MASQ", "CNI-HOSTPORT-SETMARK"]

/** What `iptables-restore --noflush` must read to remove them; empty where somebody uses them, or they are not there. */
export const planPortmapRemoval = (saved: string): string => {
  const nat = linesByTable(saved).get("nat") ?? []
  const present = SHARED.filter((chain) => nat.some((line) => line.startsWith(`:${chain} `)))
  const isUsed = nat.some((line) => line.startsWith("-A CNI-HOSTPORT-DNAT "))
  if (present.length === 0 || isUsed) return ""
  const jumps = nat.filter(
    (line) =>
      present.some((chain) => line.endsWith(`-j ${chain}`)) &&
      !present.some((chain) => line.startsWith(`-A ${chain} `)),
  )
  return [
    "*nat",
    ...jumps.map((line) => line.replace(/^-A/, "-D")),
    ...present.map((chain) => `-F ${chain}`),
    ...present.map((chain) => `-X ${chain}`),
    "COMMIT",
    "",
  ].join("\n")
}
