/**
 * The program that containerd's shim runs as its runtime: runsc with the flags that the shim cannot pass.
 *
 * On kernels that show the host's /proc/sys/net/core in every netns, older builds of runsc refuse netstack ("cannot run
 * with network enabled in root network namespace", google/gvisor#10704). The check is made by start, run and restore only;
 * `hidesNet` runs just those in a mount namespace of their own where an empty directory stands over /proc/sys/net.
 */

export interface WrapperOptions {
  readonly runsc: string
  readonly platform: string
  /** runsc's own word. */
  readonly network: "sandbox" | "host" | "none"
  readonly hidesNet: boolean
  /** An empty directory. */
  readonly emptyDir: string
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

export const wrapperScript = ({ runsc, platform, network, hidesNet, emptyDir }: WrapperOptions): string => {
  const command = `${quote(runsc)} --platform=${platform} --network=${network} "$@"`
  const hiding = [
    `for word in "$@"; do`,
    `  case "$word" in`,
    `  start | run | restore)`,
    `    exec unshare --mount --propagation slave /bin/sh -c \\`,
    `      'mount -o bind,ro "$0" /proc/sys/net && exec "$@"' ${quote(emptyDir)} \\`,
    `      ${command}`,
    `    ;;`,
    `  esac`,
    `done`,
  ]
  return ["#!/bin/sh", ...(hidesNet ? hiding : []), `exec ${command}`, ""].join("\n")
}
