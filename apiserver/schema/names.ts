/**
 * The grammars of names: DNS-1123 labels and subdomains, qualified names, label values.
 * Each `...Problem` is the sentence that says what is wrong, undefined when nothing is.
 * Source: apimachinery `util/validation`; the sentences are what its clients show.
 */
const DNS_LABEL_LENGTH_MAX = 63
const DNS_SUBDOMAIN_LENGTH_MAX = 253
const QUALIFIED_NAME_LENGTH_MAX = 63
const LABEL_VALUE_LENGTH_MAX = 63

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const namePart = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/

const tooLong = (length: number): string => `must be no more than ${length} bytes`

export const dnsLabelProblem = (value: string): string | undefined => {
  if (value.length > DNS_LABEL_LENGTH_MAX) return tooLong(DNS_LABEL_LENGTH_MAX)
  if (dnsLabel.test(value)) return undefined
  return (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  )
}

export const dnsSubdomainProblem = (value: string): string | undefined => {
  if (value.length > DNS_SUBDOMAIN_LENGTH_MAX) return tooLong(DNS_SUBDOMAIN_LENGTH_MAX)
  if (value.split(".").every((label) => dnsLabel.test(label))) return undefined
  return (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  )
}

/** For names that are only ever one part of a path, such as `system:node`. Source: apimachinery ValidatePathSegmentName. */
export const pathSegmentProblem = (value: string): string | undefined => {
  if (value.length > DNS_SUBDOMAIN_LENGTH_MAX) return tooLong(DNS_SUBDOMAIN_LENGTH_MAX)
  if (value === "." || value === "..") return `may not be '${value}'`
  if (!value.isWellFormed() || value.includes("\0")) return "must be well-formed text without NUL"
  const bad = ["/", "%"].find((character) => value.includes(character))
  return bad === undefined ? undefined : `may not contain '${bad}'`
}

const namePartProblem = (value: string): string | undefined => {
  if (value === "") return "name part must be non-empty"
  if (value.length > QUALIFIED_NAME_LENGTH_MAX) return `name part ${tooLong(QUALIFIED_NAME_LENGTH_MAX)}`
  if (namePart.test(value)) return undefined
  return (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  )
}

/** For label keys, annotation keys and finalizers: `name` or `prefix.example/name`. */
export const qualifiedNameProblem = (value: string): string | undefined => {
  const slash = value.indexOf("/")
  if (slash < 0) return namePartProblem(value)
  if (value.indexOf("/", slash + 1) >= 0) {
    return (
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
      "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
      "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' " +
      "(e.g. 'example.com/MyName')"
    )
  }
  if (slash === 0) return "prefix part must be non-empty"
  const prefix = dnsSubdomainProblem(value.slice(0, slash))
  return prefix === undefined ? namePartProblem(value.slice(slash + 1)) : `prefix part ${prefix}`
}

export const labelValueProblem = (value: string): string | undefined => {
  if (value === "") return undefined
  if (value.length > LABEL_VALUE_LENGTH_MAX) return tooLong(LABEL_VALUE_LENGTH_MAX)
  if (namePart.test(value)) return undefined
  return (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation " +
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
  )
}
