/** The argument vector and environment of a container, from its spec and its image. Pure. */
import type { ParsedConfig } from "../images/manifest.ts"
import type { ContainerSpec } from "../sandbox-runtime.ts"

/** `command` replaces the entrypoint and drops the image's cmd; `args` replaces the cmd (as in a pod). */
export const argumentsOf = (
  { command = [], args = [] }: Pick<ContainerSpec, "command" | "args">,
  { entrypoint, cmd }: Pick<ParsedConfig, "entrypoint" | "cmd">,
): ReadonlyArray<string> => {
  if (command.length > 0) return [...command, ...args]
  return [...entrypoint, ...(args.length > 0 ? args : cmd)]
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

export interface EnvironmentSources {
  readonly image: ReadonlyArray<string>
  readonly container: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly hostname: string
  readonly tty: boolean
}

/** `NAME=value` each, every name once: the container's over the image's over the defaults. */
export const environmentOf = ({ image, container, hostname, tty }: EnvironmentSources) => {
  const environment = new Map([
    ["PATH", DEFAULT_PATH],
    ["HOSTNAME", hostname],
  ])
  if (tty) environment.set("TERM", "xterm")
  for (const entry of image) {
    const equals = entry.indexOf("=")
    if (equals > 0) environment.set(entry.slice(0, equals), entry.slice(equals + 1))
  }
  for (const { name, value } of container) environment.set(name, value)
  return Array.from(environment, ([name, value]) => `${name}=${value}`)
}
