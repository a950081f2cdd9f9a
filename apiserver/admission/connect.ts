/** Admission of connections into what runs: exec, attach, portforward. */
import type { MutableObject } from "../machinery.ts"
import type { Operation } from "../registry/context.ts"

const flags = ["stdin", "stdout", "stderr", "tty"]

const kinds: { readonly [subresource: string]: string } = {
  exec: "PodExecOptions",
  attach: "PodAttachOptions",
  portforward: "PodPortForwardOptions",
}

/** The query of a connection as the object that it stands for. */
const connectOptions = (query: URLSearchParams, subresource: string): MutableObject => {
  const options: MutableObject = { kind: kinds[subresource] ?? "PodProxyOptions", apiVersion: "v1" }
  for (const flag of flags) if (["true", "1"].includes(query.get(flag) ?? "")) options[flag] = true
  const container = query.get("container") ?? ""
  if (container !== "") options.container = container
  const command = query.getAll("command")
  if (command.length > 0) options.command = command
  const ports = query.getAll("ports").map(Number)
  if (ports.length > 0) options.ports = ports
  return options
}

/** Rejects with the refusal. */
export const admitConnection = async ({ context, call, target }: Operation): Promise<void> => {
  const request = {
    operation: "CONNECT",
    target,
    object: connectOptions(call.info.query, target.subresource),
    old: undefined,
    dryRun: false,
    call,
    options: undefined,
  } as const
  await context.admit(request)
  await context.admitValid(request)
}
