/** Named formats: `format.dns1123Label().validate(self)`. Source: Kubernetes' format library. */
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  labelValueProblem,
  qualifiedNameProblem,
  stringFormats,
} from "../../schema/index.ts"
import { ArrayList } from "../collection.ts"
import { type Functions, member, overload } from "../environment.ts"
import { noSuchOverload } from "../evaluation-error.ts"
import { NamedFormat } from "../named-format.ts"
import { textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import { parseUrl } from "../url.ts"
import { none, Optional } from "../value.ts"

const formatType = t.opaque("kubernetes.NamedFormat")

type Problem = (text: string) => string | undefined

const dns1035Pattern = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/
const DNS_LABEL_LENGTH_MAX = 63

const dns1035Problem: Problem = (text) => {
  if (text.length > DNS_LABEL_LENGTH_MAX) return `must be no more than ${DNS_LABEL_LENGTH_MAX} bytes`
  if (dns1035Pattern.test(text)) return undefined
  return (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic " +
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation " +
    "is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  )
}

/** A prefix of generated names may end with a dash. */
const asPrefix = (problem: Problem): Problem => {
  return (text) => problem(text.length > 1 ? text.replace(/-$/, "a") : text)
}

const known = (format: string, sentence: string): Problem => {
  const fits = stringFormats.get(format)
  return (text) => (fits?.(text) === false ? sentence : undefined)
}

const uriProblem: Problem = (text) => {
  const url = parseUrl(text)
  return typeof url === "string" ? `parse ${JSON.stringify(text.slice(0, 100))}: ${url}` : undefined
}

/** Name in expressions, name of the format, size of the expression that would check it, what is wrong. */
const rows: ReadonlyArray<readonly [string, string, number, Problem]> = [
  ["dns1123Label", "DNS1123Label", 30, dnsLabelProblem],
  ["dns1123Subdomain", "DNS1123Subdomain", 60, dnsSubdomainProblem],
  ["dns1035Label", "DNS1035Label", 30, dns1035Problem],
  ["qualifiedName", "QualifiedName", 60, qualifiedNameProblem],
  ["dns1123LabelPrefix", "DNS1123LabelPrefix", 30, asPrefix(dnsLabelProblem)],
  ["dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, asPrefix(dnsSubdomainProblem)],
  ["dns1035LabelPrefix", "DNS1035LabelPrefix", 30, asPrefix(dns1035Problem)],
  ["labelValue", "LabelValue", 40, labelValueProblem],
  ["uri", "URI", 128, uriProblem],
  ["uuid", "uuid", 88, known("uuid", "does not match the UUID format")],
  ["byte", "byte", 70, known("byte", "invalid base64")],
  ["date", "date", 98, known("date", "invalid date")],
  ["datetime", "datetime", 98, known("datetime", "invalid datetime")],
]

const formatsByName: ReadonlyMap<string, NamedFormat> = new Map(
  rows.map(([name, title, regexSize, problem]) => [
    name,
    new NamedFormat(title, regexSize, (text) => {
      const found = problem(text)
      return found === undefined ? [] : [found]
    }),
  ]),
)

export const formats: Functions = {
  ...Object.fromEntries(
    [...formatsByName].map(([name, format]) => [
      `format.${name}`,
      [overload(`format.${name}`, [formatType], () => format)],
    ]),
  ),
  "format.named": [
    overload("format-named", [t.optionalOf(formatType), t.string], (name) => {
      const format = formatsByName.get(textOf(name))
      return format === undefined ? none : new Optional(format)
    }),
  ],
  validate: [
    member("format-validate", [t.optionalOf(t.listOf(t.string)), formatType, t.string], (format, value) => {
      if (!(format instanceof NamedFormat)) throw noSuchOverload()
      const problems = format.problems(textOf(value))
      return problems.length === 0 ? none : new Optional(new ArrayList(problems))
    }),
  ],
}
