/** Paths of the Kubernetes API for a resource that discovery told of. */
import type { Resource } from "./discovery.ts"

export const collectionPath = (resource: Resource, namespace: string): string => {
  const root =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  return resource.namespaced && namespace !== ""
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`
    : `${root}/${resource.plural}`
}

export const objectPath = (resource: Resource, namespace: string, name: string): string =>
  `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`

/** Appends what is set. */
export const withQuery = (
  path: string,
  query: { readonly [name: string]: string | number | boolean | ReadonlyArray<string> | undefined },
): string => {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "" || value === false) continue
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one))
  }
  const text = parameters.toString()
  return text === "" ? path : `${path}?${text}`
}
