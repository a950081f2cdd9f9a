/**
 * The program that containerd's shim runs as its runtime: runsc with the flags that the shim cannot pass.
 *
 * On kernels that show the host's /proc/sys/net/core in every netns, older builds of runsc refuse netstack ("cannot run
 * with network enabled in root network namespace", google/gvisor#10704). The check is made by start, run and restore only;
 * `hidesNet` runs just those in a mount namespace of their own where an empty directory stands over /proc/sys/net.
 *
 * runc's shim knows an exec'd process by a pid of the host; SIGKILL to that ends runsc's own waiting process and leaves the
 * one inside. So `exec` is made to write down the pid inside too, at `<pidsDir>/<sandbox>/<exec>/pid`.
 */

export interface WrapperOptions {
  readonly runsc: string
  readonly platform: string
  /** runsc's own word. */
  readonly network: "sandbox" | "host" | "none"
  readonly hidesNet: boolean
  /** An empty directory. */
  readonly emptyDir: string
  readonly pidsDir: string
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

export const wrapperScript = (options: WrapperOptions): string => {
  const { runsc, platform, network, hidesNet, emptyDir, pidsDir } = options
  const command = `${quote(runsc)} --platform=${platform} --network=${network} "$@"`
  const hiding = [
    `  start | run | restore)`,
    `    exec unshare --mount --propagation slave /bin/sh -c \\`,
    `      'mount -o bind,ro "$0" /proc/sys/net && exec "$@"' ${quote(emptyDir)} \\`,
    `      ${command}`,
    `    ;;`,
  ]
  return [
    "#!/bin/sh",
    "left=$#",
    "previous=",
    "name=",
    `for word in "$@"; do`,
    `  [ "$previous" = --pid-file ] && name=\${word##*/}`,
    "  previous=$word",
    "done",
    "sandbox=$previous",
    `for word in "$@"; do`,
    `  case "$word" in`,
    ...(hidesNet ? hiding : []),
    "  exec)",
    `    file=${quote(pidsDir)}/$sandbox/\${name%.pid}/pid`,
    `    [ -d "\${file%/*}" ] || break`,
    `    while [ "$left" -gt 0 ]; do`,
    `      word=$1`,
    `      shift`,
    `      left=$((left - 1))`,
    `      set -- "$@" "$word"`,
    `      [ "$word" = exec ] && set -- "$@" --internal-pid-file "$file"`,
    "    done",
    "    break",
    "    ;;",
    "  esac",
    "done",
    `exec ${command}`,
    "",
  ].join("\n")
}
