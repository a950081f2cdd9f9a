/**
 * The string and number formats that are checked; any other format is documentation.
 * Source: apiextensions' supported formats (kube-openapi strfmt). No expression here backtracks more than linearly.
 */
import { isIP, isIPv4, isIPv6 } from "node:net"
import { dnsLabelProblem } from "./names.ts"

const date = /^(\d{4})-(\d{2})-(\d{2})$/
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):?(\d{2}))$/
const durationPart = /^\d{1,18}(?:\.\d{0,18})?(?:ns|us|µs|μs|ms|s|m|h|d|w)/
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const mac = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i
const hexColor = /^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i
const base64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/

const isDate = (text: string): boolean => {
  const parts = date.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** RFC 3339. */
export const isDateTime = (text: string): boolean => {
  if (text.length > 40) return false
  const parts = dateTime.exec(text)
  if (parts === null) return false
  const [, day, hour, minute, second, offsetHour, offsetMinute] = parts
  return (
    isDate(day ?? "") &&
    Number(hour) <= 23 &&
    Number(minute) <= 59 &&
    Number(second) <= 60 &&
    Number(offsetHour ?? 0) <= 23 &&
    Number(offsetMinute ?? 0) <= 59
  )
}

/** Go's durations: `1h30m`, `-1.5s`, `0`. */
const isDuration = (text: string): boolean => {
  let rest = text.replace(/^[+-]/, "")
  if (rest === "0") return true
  if (rest === "" || rest.length > 100) return false
  while (rest !== "") {
    const part = durationPart.exec(rest)
    if (part === null) return false
    rest = rest.slice(part[0].length)
  }
  return true
}

const isCidr = (text: string): boolean => {
  const slash = text.indexOf("/")
  if (slash < 0) return false
  const family = isIP(text.slice(0, slash))
  const bits = text.slice(slash + 1)
  return family !== 0 && /^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

const isEmail = (text: string): boolean => {
  const at = text.lastIndexOf("@")
  return at > 0 && text.length <= 320 && !/[\s<>()[\],;:]/.test(text) && isHostname(text.slice(at + 1))
}

const isHostname = (text: string): boolean =>
  text.length <= 255 &&
  text
    .toLowerCase()
    .replace(/\.$/, "")
    .split(".")
    .every((label) => dnsLabelProblem(label) === undefined)

const isUri = (text: string): boolean => URL.canParse(text) || /^\/[^\s]*$/.test(text)

const base64Length = (text: string): number => text.replaceAll(/[\r\n]/g, "").length

const isByte = (text: string): boolean => base64.test(text) && base64Length(text) % 4 === 0

export const stringFormats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date", isDate],
  ["date-time", isDateTime],
  ["datetime", isDateTime],
  ["duration", isDuration],
  ["byte", isByte],
  ["uuid", (text: string) => uuid.test(text)],
  ["ipv4", isIPv4],
  ["ipv6", isIPv6],
  ["cidr", isCidr],
  ["mac", (text: string) => mac.test(text)],
  ["email", isEmail],
  ["hostname", isHostname],
  ["uri", isUri],
  ["hexcolor", (text: string) => hexColor.test(text)],
])

export const numberFormats: ReadonlyMap<string, (value: number) => boolean> = new Map([
  ["int32", (value: number) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31],
  ["int64", (value: number) => Number.isInteger(value) && value >= -(2 ** 63) && value <= 2 ** 63],
])
