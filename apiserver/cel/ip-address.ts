/** IPv4 and IPv6 addresses and networks as numbers. Source: Go `net/netip`, whose texts these are. */
import { isIPv4, isIPv6 } from "node:net"
import { Opaque } from "./value.ts"

export type Family = 4 | 6

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128)

const ipv4Bits = (text: string): bigint =>
  text.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)

const ipv6Bits = (text: string): bigint => {
  const dotted = /[^:]*\.[^:]*$/.exec(text)?.[0]
  const tail = dotted === undefined ? undefined : ipv4Bits(dotted)
  const plain =
    dotted === undefined || tail === undefined
      ? text
      : `${text.slice(0, -dotted.length)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`
  const [head = "", rest] = plain.split("::")
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"))
  const [left, right] = [groups(head), groups(rest ?? "")]
  const zeros = rest === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0")
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

const ipv4Text = (bits: bigint): string => [24n, 16n, 8n, 0n].map((by) => (bits >> by) & 0xffn).join(".")

/** Lower case, the longest run of two zeros or more left out (RFC 5952). */
const ipv6Text = (bits: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  )
  let [start, length] = [-1, 1]
  for (let index = 0; index < 8; index++) {
    let end = index
    while (groups[end] === "0") end++
    if (end - index > length) [start, length] = [index, end - index]
  }
  if (start < 0) return groups.join(":")
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`
}

export class IpAddress extends Opaque {
  readonly typeName = "net.IP"
  readonly family: Family
  readonly bits: bigint

  constructor(family: Family, bits: bigint) {
    super()
    this.family = family
    this.bits = bits
  }

  override get size(): number {
    return bitsOf(this.family) / 8
  }

  equals(other: Opaque): boolean {
    return other instanceof IpAddress && other.family === this.family && other.bits === this.bits
  }

  override toString(): string {
    return this.family === 4 ? ipv4Text(this.bits) : ipv6Text(this.bits)
  }

  /** The address with all but the first bits zero. */
  masked(prefix: number): IpAddress {
    const dropped = BigInt(bitsOf(this.family) - prefix)
    return new IpAddress(this.family, (this.bits >> dropped) << dropped)
  }
}

/** The address that a text says, undefined when it says none; no zones, no IPv4 in IPv6. */
export const parseIpAddress = (text: string): IpAddress | undefined => {
  if (isIPv4(text)) return new IpAddress(4, ipv4Bits(text))
  if (!isIPv6(text) || text.includes("%")) return undefined
  const bits = ipv6Bits(text)
  return bits >> 32n === 0xffffn ? undefined : new IpAddress(6, bits)
}

export class Cidr extends Opaque {
  readonly typeName = "net.CIDR"
  readonly address: IpAddress
  readonly prefix: number

  constructor(address: IpAddress, prefix: number) {
    super()
    this.address = address
    this.prefix = prefix
  }

  override get size(): number {
    return Math.ceil(this.prefix / 8)
  }

  equals(other: Opaque): boolean {
    return other instanceof Cidr && other.prefix === this.prefix && other.address.equals(this.address)
  }

  override toString(): string {
    return `${this.address}/${this.prefix}`
  }

  contains(address: IpAddress): boolean {
    return (
      address.family === this.address.family &&
      address.masked(this.prefix).bits === this.address.masked(this.prefix).bits
    )
  }
}

/** The network that a text says, undefined when it says none; its address keeps all its bits. */
export const parseCidr = (text: string): Cidr | undefined => {
  const slash = text.lastIndexOf("/")
  const address = slash < 0 ? undefined : parseIpAddress(text.slice(0, slash))
  const prefix = text.slice(slash + 1)
  if (address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined
  return Number(prefix) <= bitsOf(address.family) ? new Cidr(address, Number(prefix)) : undefined
}
