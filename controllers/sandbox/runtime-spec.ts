/** What the runtime is to run for a Sandbox: its spec in containerd's words, with a hash to tell one from another. */
import { createHash } from "node:crypto"
import { Result } from "effect"
import type {
  ContainerSpec,
  Handler,
  PortMapping,
  Resources,
  RuntimeInfo,
  SandboxSpec as RuntimeSandboxSpec,
} from "../../runtime-shim/index.ts"
import type { Sandbox, SandboxContainer, SandboxSpec } from "../../schemas/index.ts"
import { hostnameCharactersMax } from "../limits.ts"
import { parseQuantity, type QuantityUnit } from "../quantity.ts"

export interface DesiredRuntime {
  readonly spec: Omit<RuntimeSandboxSpec, "id" | "labels">
  readonly hash: string
}

const HASH_LENGTH = 16

/** Fails with a sentence for the user where the spec says what cannot be done. */
export const desiredRuntimeOf = (
  { metadata, spec }: Sandbox,
  info: RuntimeInfo,
): Result.Result<DesiredRuntime, string> => {
  const [container] = spec.containers
  if (container === undefined) return Result.fail("spec.containers: one container is needed")
  return Result.map(resourcesOf(container), (resources) => {
    const runtimeSpec = {
      handler: handlerOf(spec, info),
      hostname: spec.hostname ?? hostnameOf(metadata.name),
      ports: portsOf(container),
      containers: [containerOf(container, resources)],
    } as const
    const hash = createHash("sha256").update(JSON.stringify(runtimeSpec)).digest("hex").slice(0, HASH_LENGTH)
    return { spec: runtimeSpec, hash }
  })
}

/** As chosen, or the node's first. */
export const handlerOf = (spec: SandboxSpec, info: RuntimeInfo): Handler =>
  spec.runtimeHandler ?? info.handlers[0]?.handler ?? "gvisor"

/** A name may have dots and be long; a host name is one DNS label. */
const hostnameOf = (name: string): string =>
  name.replaceAll(".", "-").slice(0, hostnameCharactersMax).replace(/-+$/, "")

const containerOf = (container: SandboxContainer, resources: Resources): ContainerSpec => {
  const { command, args, workingDir, tty, stdin, stdinOnce, securityContext } = container
  const user = securityContext?.runAsUser
  return {
    name: container.name,
    image: container.image,
    env: (container.env ?? []).map(({ name, value }) => ({ name, value: value ?? "" })),
    resources,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(tty === undefined ? {} : { tty }),
    ...(stdin === undefined ? {} : { stdin }),
    // Without a standard input it says nothing.
    ...(stdin === true && stdinOnce === true ? { stdinOnce } : {}),
    ...(securityContext?.readOnlyRootFilesystem === undefined
      ? {}
      : { readOnlyRoot: securityContext.readOnlyRootFilesystem }),
    ...(user === undefined ? {} : { user: { uid: user, gid: securityContext?.runAsGroup ?? 0 } }),
  }
}

const portsOf = ({ ports }: SandboxContainer): ReadonlyArray<PortMapping> =>
  (ports ?? []).flatMap(({ containerPort, hostPort, hostIP, protocol }) =>
    hostPort === undefined
      ? []
      : [
          {
            containerPort,
            hostPort,
            protocol: protocol === "UDP" ? ("udp" as const) : ("tcp" as const),
            ...(hostIP === undefined ? {} : { hostIP }),
          },
        ],
  )

const limitsInUse: ReadonlyArray<readonly [string, keyof Resources, QuantityUnit]> = [
  ["cpu", "cpuMillis", "millis"],
  ["memory", "memoryBytes", "units"],
  ["pids", "pids", "units"],
]

const resourcesOf = ({ resources }: SandboxContainer): Result.Result<Resources, string> => {
  const limits = resources?.limits ?? {}
  const found: { -readonly [K in keyof Resources]: Resources[K] } = {}
  for (const [resource, field, unit] of limitsInUse) {
    const quantity = Object.hasOwn(limits, resource) ? limits[resource] : undefined
    if (quantity === undefined) continue
    const value = parseQuantity(quantity, unit)
    if (value === undefined || value === 0) {
      return Result.fail(
        `spec.containers[0].resources.limits.${resource}: ${JSON.stringify(quantity)} is no positive quantity, such as 500m, 2 or 256Mi`,
      )
    }
    found[field] = value
  }
  return Result.succeed(found)
}
