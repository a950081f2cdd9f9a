/** Where a webhook is: `clientConfig` of admission webhooks and of conversions, read and checked. */
import type { FieldError, MutableObject } from "../machinery.ts"
import { objectIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import { invalid, required } from "../schema/field-error.ts"

export interface ServiceReference {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

export type ClientConfig = {
  /** PEM of the authorities to trust; undefined: the machine's. */
  readonly ca: string | undefined
} & (
  | { readonly type: "url"; readonly url: URL }
  | ({ readonly type: "service"; readonly path: string } & ServiceReference)
)

const httpsPort = 443

const portOf = (service: MutableObject): number =>
  typeof service.port === "number" ? service.port : httpsPort

const pem = (bundle: string): string | undefined =>
  bundle === "" ? undefined : Buffer.from(bundle, "base64").toString("utf8")

/** The clientConfig; undefined when it is none that could be called. */
export const clientConfigOf = (config: MutableObject): ClientConfig | undefined => {
  const ca = pem(stringOf(config, "caBundle"))
  const url = stringOf(config, "url")
  if (url !== "") return URL.canParse(url) ? { type: "url", url: new URL(url), ca } : undefined
  const service = objectIn(config, "service")
  if (service === undefined) return undefined
  return {
    type: "service",
    namespace: stringOf(service, "namespace"),
    name: stringOf(service, "name"),
    port: portOf(service),
    path: stringOf(service, "path") || "/",
    ca,
  }
}

const form = "; desired format: https://host[:port]/path"

const urlProblem = (text: string): string | undefined => {
  if (!URL.canParse(text)) return `url must be a valid URL${form}`
  const url = new URL(text)
  if (url.protocol !== "https:") return `'https' is the only allowed URL scheme${form}`
  if (url.hostname === "") return `host must be specified${form}`
  if (url.username !== "" || url.password !== "") return "user information is not permitted in the URL"
  if (text.includes("#")) return "fragments are not permitted in the URL"
  if (text.includes("?")) return "query parameters are not permitted in the URL"
  return undefined
}

const serviceErrors = (service: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const key of ["name", "namespace"]) {
    if (stringOf(service, key) === "") errors.push(required(`${field}.${key}`, `service ${key} is required`))
  }
  const port = portOf(service)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    errors.push(invalid(`${field}.port`, port, "port is not valid: must be between 1 and 65535, inclusive"))
  const path = stringOf(service, "path")
  if (path === "") return errors
  if (!path.startsWith("/")) errors.push(invalid(`${field}.path`, path, "must start with a '/'"))
  else if (
    /[?#\s]/.test(path) ||
    (path !== "/" &&
      path
        .split("/")
        .slice(1, -1)
        .some((part) => part === ""))
  )
    errors.push(
      invalid(`${field}.path`, path, "must be a plain path: no query, no fragment, no empty segment"),
    )
  return errors
}

const caErrors = (bundle: string, field: string): ReadonlyArray<FieldError> =>
  bundle === "" || (pem(bundle) ?? "").includes("-----BEGIN CERTIFICATE-----")
    ? []
    : [invalid(field, bundle, "unable to load root certificates: unable to parse bytes as PEM block")]

/** What is wrong with a clientConfig. Source: apiserver util/webhook validation. */
export const clientConfigErrors = (
  config: MutableObject | undefined,
  field: string,
): ReadonlyArray<FieldError> => {
  const url = config === undefined ? undefined : config.url
  const service = config === undefined ? undefined : objectIn(config, "service")
  if ((url === undefined) === (service === undefined))
    return [required(field, "exactly one of url or service is required")]
  const bundle = caErrors(config === undefined ? "" : stringOf(config, "caBundle"), `${field}.caBundle`)
  if (service !== undefined) return [...serviceErrors(service, `${field}.service`), ...bundle]
  const text = typeof url === "string" ? url : ""
  const problem = urlProblem(text)
  return problem === undefined ? bundle : [invalid(`${field}.url`, text, problem), ...bundle]
}
