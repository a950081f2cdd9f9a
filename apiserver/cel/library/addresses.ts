/** IP addresses and networks. Source: Kubernetes' IP and CIDR libraries. */
import { type Call, type Functions, member, type Overload, overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { Cidr, IpAddress, parseCidr, parseIpAddress } from "../ip-address.ts"
import { textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import type { Value } from "../value.ts"

const ipType = t.opaque("net.IP")
const cidrType = t.opaque("net.CIDR")

const addressOf = (value: Value | undefined): IpAddress => {
  if (value instanceof IpAddress) return value
  throw noSuchOverload()
}

const networkOf = (value: Value | undefined): Cidr => {
  if (value instanceof Cidr) return value
  throw noSuchOverload()
}

const parsedAddress = (value: Value | undefined): IpAddress => {
  const text = textOf(value)
  const address = parseIpAddress(text)
  if (address !== undefined) return address
  const shown = JSON.stringify(text.slice(0, 100))
  throw new EvaluationError(
    `IP Address ${shown} parse error during conversion from string: ParseAddr(${shown}): unable to parse IP`,
  )
}

const parsedNetwork = (value: Value | undefined): Cidr => {
  const text = textOf(value)
  const network = parseCidr(text)
  if (network !== undefined) return network
  const shown = JSON.stringify(text.slice(0, 100))
  throw new EvaluationError(
    `network address parse error during conversion from string: netip.ParsePrefix(${shown}): no network`,
  )
}

const inRange = (address: IpAddress, network: string): boolean =>
  parseCidr(network)?.contains(address) === true

const isUnspecified = (address: IpAddress): boolean => address.bits === 0n
const isLoopback = (address: IpAddress): boolean =>
  inRange(address, "127.0.0.0/8") || inRange(address, "::1/128")
const isLinkLocal = (address: IpAddress): boolean =>
  inRange(address, "169.254.0.0/16") || inRange(address, "fe80::/10")

const isMulticast = (address: IpAddress): boolean =>
  inRange(address, "224.0.0.0/4") || inRange(address, "ff00::/8")

/** Scope 2 of IPv6 multicast, whatever its flags. */
const isLinkLocalMulticast = (address: IpAddress): boolean =>
  inRange(address, "224.0.0.0/24") || (inRange(address, "ff00::/8") && ((address.bits >> 112n) & 0xfn) === 2n)

const isGlobal = (address: IpAddress): boolean =>
  !isUnspecified(address) &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocal(address) &&
  address.toString() !== "255.255.255.255"

const test = (id: string, holds: (address: IpAddress) => boolean): Overload =>
  member(id, [t.bool, ipType], (value) => holds(addressOf(value)))

const containsNetwork = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefix <= inner.prefix && outer.contains(inner.address)

const containsIP = (read: (value: Value | undefined) => IpAddress): Call => {
  return (network, address) => networkOf(network).contains(read(address))
}

const containsCIDR = (read: (value: Value | undefined) => Cidr): Call => {
  return (outer, inner) => containsNetwork(networkOf(outer), read(inner))
}

export const addresses: Functions = {
  ip: [
    overload("string_to_ip", [ipType, t.string], parsedAddress),
    member("cidr_ip", [ipType, cidrType], (network) => networkOf(network).address),
  ],
  isIP: [overload("is_ip", [t.bool, t.string], (text) => parseIpAddress(textOf(text)) !== undefined)],
  "ip.isCanonical": [
    overload("ip_is_canonical", [t.bool, t.string], (text) => parsedAddress(text).toString() === text),
  ],
  family: [member("ip_family", [t.int, ipType], (value) => addressOf(value).family)],
  isUnspecified: [test("ip_is_unspecified", isUnspecified)],
  isLoopback: [test("ip_is_loopback", isLoopback)],
  isLinkLocalMulticast: [test("ip_is_link_local_multicast", isLinkLocalMulticast)],
  isLinkLocalUnicast: [test("ip_is_link_local_unicast", isLinkLocal)],
  isGlobalUnicast: [test("ip_is_global_unicast", isGlobal)],
  cidr: [overload("string_to_cidr", [cidrType, t.string], parsedNetwork)],
  isCIDR: [overload("is_cidr", [t.bool, t.string], (text) => parseCidr(textOf(text)) !== undefined)],
  containsIP: [
    member("cidr_contains_ip_string", [t.bool, cidrType, t.string], containsIP(parsedAddress)),
    member("cidr_contains_ip_ip", [t.bool, cidrType, ipType], containsIP(addressOf)),
  ],
  containsCIDR: [
    member("cidr_contains_cidr_string", [t.bool, cidrType, t.string], containsCIDR(parsedNetwork)),
    member("cidr_contains_cidr", [t.bool, cidrType, cidrType], containsCIDR(networkOf)),
  ],
  prefixLength: [member("cidr_prefix_length", [t.int, cidrType], (network) => networkOf(network).prefix)],
  masked: [
    member("cidr_masked", [cidrType, cidrType], (value) => {
      const network = networkOf(value)
      return new Cidr(network.address.masked(network.prefix), network.prefix)
    }),
  ],
  string: [
    overload("ip_to_string", [t.string, ipType], (value) => addressOf(value).toString()),
    overload("cidr_to_string", [t.string, cidrType], (value) => networkOf(value).toString()),
  ],
}
