/** What a Sandbox takes from a node: resources and host ports. */
import { Result } from "effect"
import type { Sandbox } from "../../schemas/index.ts"
import { parseQuantity, type QuantityUnit } from "../quantity.ts"

/** By resource: `cpu` in thousandths of a core, all else in units. */
export type Amounts = ReadonlyMap<string, number>

export interface HostPort {
  readonly port: number
  readonly protocol: "TCP" | "UDP"
  /** undefined: all addresses of the node. */
  readonly ip: string | undefined
}

export const unitOf = (resource: string): QuantityUnit => (resource === "cpu" ? "millis" : "units")

/** Those whose limit stands for a request that is not made. */
const limitedByDefault: ReadonlySet<string> = new Set(["cpu", "memory"])

/** What it asks the scheduler to set aside. Fails with a sentence where a quantity is none. */
export const requestsOf = ({ spec }: Sandbox): Result.Result<Amounts, string> => {
  const amounts = new Map<string, number>([["pods", 1]])
  for (const [index, { resources }] of spec.containers.entries()) {
    const limits = Object.entries(resources?.limits ?? {}).filter(([name]) => limitedByDefault.has(name))
    const asked = new Map<string, { readonly quantity: number | string; readonly field: string }>([
      ...limits.map(([name, quantity]) => [name, { quantity, field: "limits" }] as const),
      ...Object.entries(resources?.requests ?? {}).map(
        ([name, quantity]) => [name, { quantity, field: "requests" }] as const,
      ),
    ])
    for (const [name, { quantity, field }] of asked) {
      const amount = parseQuantity(quantity, unitOf(name))
      if (amount === undefined) {
        return Result.fail(
          `spec.containers[${index}].resources.${field}.${name}: ${JSON.stringify(quantity)} is no quantity, such as 500m, 2 or 256Mi`,
        )
      }
      amounts.set(name, (amounts.get(name) ?? 0) + amount)
    }
  }
  return Result.succeed(amounts)
}

export const hostPortsOf = ({ spec }: Sandbox): ReadonlyArray<HostPort> =>
  spec.containers.flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort === undefined
        ? []
        : [
            {
              port: hostPort,
              protocol: protocol ?? ("TCP" as const),
              ip: isAnyAddress(hostIP) ? undefined : hostIP,
            },
          ],
    ),
  )

const isAnyAddress = (ip: string | undefined): boolean =>
  ip === undefined || ip === "" || ip === "0.0.0.0" || ip === "::"

export const isSamePort = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port &&
  a.protocol === b.protocol &&
  (a.ip === undefined || b.ip === undefined || a.ip === b.ip)

/** Whether it has ended for good, and gives its cpu and memory back. Its address and ports it holds until it is removed. */
export const isFinished = ({ status }: Sandbox): boolean =>
  status?.containerStatuses?.[0]?.state?.terminated !== undefined
