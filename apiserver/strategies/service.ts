/** Services and EndpointSlices: what upstream checks of them without an address to give out. Source: registry/core/service. */
import { isIP, isIPv4, isIPv6 } from "node:net"
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { dnsLabelProblem, dnsSubdomainProblem } from "../schema/index.ts"
import type { Strategy } from "../strategy.ts"

const invalid = (field: string, value: MutableJson, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})

const required = (field: string, why = ""): FieldError => ({
  field,
  type: "FieldValueRequired",
  detail: why === "" ? "Required value" : `Required value: ${why}`,
})

const duplicate = (field: string, value: MutableJson): FieldError => ({
  field,
  type: "FieldValueDuplicate",
  detail: `Duplicate value: ${JSON.stringify(value)}`,
})

const objectAt = (object: MutableObject, key: string): MutableObject => {
  const value = object[key]
  return isObject(value) ? value : {}
}

const objectsAt = (object: MutableObject, key: string): ReadonlyArray<MutableObject> => {
  const value = object[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Each part that a list has, once. */
const portErrors = (
  ports: ReadonlyArray<MutableObject>,
  at: { readonly field: string; readonly needsNames: boolean },
): ReadonlyArray<FieldError> => {
  const seen = new Set<string>()
  return ports.flatMap((port, index): ReadonlyArray<FieldError> => {
    const field = `${at.field}[${index}].name`
    const name = stringOf(port, "name")
    if (name === "") return at.needsNames ? [required(field)] : []
    const problem = dnsLabelProblem(name)
    if (problem !== undefined) return [invalid(field, name, problem)]
    if (seen.has(name)) return [duplicate(field, name)]
    seen.add(name)
    return []
  })
}

const fillService = (service: MutableObject): void => {
  for (const port of objectsAt(objectAt(service, "spec"), "ports")) {
    if (port.targetPort === undefined || port.targetPort === 0) port.targetPort = port.port ?? 0
  }
  if (!isObject(service.status)) service.status = { loadBalancer: {} }
}

const serviceErrors = (service: MutableObject, old: MutableObject | undefined): ReadonlyArray<FieldError> => {
  const spec = objectAt(service, "spec")
  const ports = objectsAt(spec, "ports")
  const type = stringOf(spec, "type")
  const clusterIP = stringOf(spec, "clusterIP")
  const errors = [...portErrors(ports, { field: "spec.ports", needsNames: ports.length > 1 })]
  if (type === "ExternalName") {
    const name = stringOf(spec, "externalName")
    const problem = name === "" ? undefined : dnsSubdomainProblem(name.replace(/\.$/, ""))
    if (name === "") errors.push(required("spec.externalName"))
    if (problem !== undefined) errors.push(invalid("spec.externalName", name, problem))
  } else if (ports.length === 0 && clusterIP !== "None") errors.push(required("spec.ports"))
  if (clusterIP !== "" && clusterIP !== "None" && isIP(clusterIP) === 0) {
    errors.push(
      invalid(
        "spec.clusterIPs[0]",
        clusterIP,
        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
      ),
    )
  }
  const before = stringOf(objectAt(old ?? {}, "spec"), "clusterIP")
  if (before !== "" && before !== clusterIP && type !== "ExternalName") {
    errors.push(invalid("spec.clusterIPs[0]", clusterIP, "field is immutable"))
  }
  return errors
}

export const serviceStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  prepareCreate: fillService,
  prepareUpdate: (service, old) => {
    const spec = objectAt(service, "spec")
    const before = objectAt(old, "spec").clusterIP
    if (stringOf(spec, "clusterIP") === "" && before !== undefined && spec.type !== "ExternalName") {
      spec.clusterIP = before
    }
    fillService(service)
  },
  validate: serviceErrors,
}

const addressProblems: { readonly [type: string]: (address: string) => string | undefined } = {
  IPv4: (address) => (isIPv4(address) ? undefined : "must be a valid IPv4 address"),
  IPv6: (address) => (isIPv6(address) ? undefined : "must be a valid IPv6 address"),
  FQDN: dnsSubdomainProblem,
}

const addressErrors = (slice: MutableObject): ReadonlyArray<FieldError> => {
  const type = stringOf(slice, "addressType")
  const problemOf = Object.hasOwn(addressProblems, type) ? addressProblems[type] : undefined
  return objectsAt(slice, "endpoints").flatMap(({ addresses }, index) =>
    (Array.isArray(addresses) ? addresses : []).flatMap((address, at): ReadonlyArray<FieldError> => {
      const why = typeof address === "string" ? problemOf?.(address) : undefined
      return why === undefined ? [] : [invalid(`endpoints[${index}].addresses[${at}]`, address, why)]
    }),
  )
}

export const endpointSliceStrategy: Strategy = {
  generation: true,
  unconditionalUpdate: true,
  validate: (slice, old) => [
    ...addressErrors(slice),
    ...portErrors(objectsAt(slice, "ports"), { field: "ports", needsNames: false }),
    ...(old === undefined || equal(slice.addressType ?? null, old.addressType ?? null)
      ? []
      : [invalid("addressType", slice.addressType ?? null, "field is immutable")]),
  ],
}
