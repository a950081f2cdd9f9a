/**
 * Where a Service of a webhook is to be reached. The Service itself answers where it names another host or an address of
 * its own; else a ready endpoint of one of its EndpointSlices, where such are served.
 */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { ServiceReference } from "./client-config.ts"

export interface ServiceAddress {
  readonly host: string
  readonly port: number
}

export type ServiceResolver = (
  service: ServiceReference,
) => ServiceAddress | undefined | Promise<ServiceAddress | undefined>

const portNamed = (service: MutableObject, port: number): MutableObject | undefined => {
  const spec = objectIn(service, "spec") ?? {}
  return objectsIn(spec, "ports").find((entry) => entry.port === port)
}

const isReady = (endpoint: MutableObject): boolean => objectIn(endpoint, "conditions")?.ready !== false

/** An endpoint of a slice for a port of the Service; undefined when it has none that is ready. */
const endpointOf = (slice: MutableObject, portName: string): ServiceAddress | undefined => {
  const entry = objectsIn(slice, "ports").find((port) => stringOf(port, "name") === portName)
  const port = entry?.port
  if (typeof port !== "number") return undefined
  const [host] = objectsIn(slice, "endpoints")
    .filter(isReady)
    .flatMap((endpoint) => stringsIn(endpoint, "addresses"))
  return host === undefined ? undefined : { host, port }
}

const fromSlices = (
  context: RegistryContext,
  reference: ServiceReference,
  portName: string,
): ServiceAddress | undefined => {
  const resource = context.resources.get("discovery.k8s.io/endpointslices")
  const slices = resource === undefined ? undefined : context.cache.find(resource)
  if (resource === undefined || slices === undefined) return undefined
  const label = "kubernetes.io/service-name"
  const selection = {
    namespace: reference.namespace,
    name: "",
    selective: true,
    id: "",
    converted: undefined,
    matches: (object: { readonly labels: { readonly [key: string]: string } | undefined }) =>
      object.labels?.[label] === reference.name,
  }
  for (const slice of slices.select(selection)) {
    const found = endpointOf(decodeDocument(slice.bytes), portName)
    if (found !== undefined) return found
  }
  return undefined
}

/** The resolver over the server's own cache. */
export const cachedServiceResolver =
  (context: RegistryContext): ServiceResolver =>
  (reference) => {
    const resource = context.resources.get("/services")
    const services = resource === undefined ? undefined : context.cache.find(resource)
    const found =
      resource === undefined ? undefined : services?.get(resource.key(reference.namespace, reference.name))
    if (found === undefined) return undefined
    const service = decodeDocument(found.bytes)
    const spec = isObject(service.spec) ? service.spec : {}
    const externalName = stringOf(spec, "externalName")
    if (externalName !== "") return { host: externalName, port: reference.port }
    const entry = portNamed(service, reference.port)
    const endpoint = fromSlices(context, reference, entry === undefined ? "" : stringOf(entry, "name"))
    if (endpoint !== undefined) return endpoint
    const clusterIP = stringOf(spec, "clusterIP")
    return clusterIP === "" || clusterIP === "None" ? undefined : { host: clusterIP, port: reference.port }
  }
