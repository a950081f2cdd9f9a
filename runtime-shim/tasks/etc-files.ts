/** The three files under /etc that a container gets from its host. */
import { readFileSync } from "node:fs"

export const hostsFile = (hostname: string, addresses: ReadonlyArray<string>): string =>
  [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    ...addresses.map((address) => `${address}\t${hostname}`),
    "",
  ].join("\n")

/** Name servers on the host's loopback can't be reached from a sandbox: left out. */
export const withoutLoopback = (resolvConf: string): string =>
  resolvConf
    .split("\n")
    .filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line))
    .join("\n")

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** The host's, or systemd-resolved's list of real servers where the host's names only the stub. */
export const resolvConfFile = (): string => {
  const own = read("/etc/resolv.conf") ?? ""
  const isStub = /^\s*nameserver\s+127\.0\.0\.53/m.test(own)
  return withoutLoopback((isStub ? read("/run/systemd/resolve/resolv.conf") : undefined) ?? own)
}
