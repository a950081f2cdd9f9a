/** What discovery says of one resource, in the words of either form. */
import type { Resource, ResourceVersion } from "../resource.ts"

const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
const subresourceVerbs = ["get", "patch", "update"]

export interface SubresourceRow {
  readonly name: string
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly verbs: ReadonlyArray<string>
}

/** Verbs of the resource itself. */
export const verbsOf = ({ strategy }: Resource): ReadonlyArray<string> => {
  if (strategy.verbs !== undefined) return strategy.verbs
  if (strategy.answer !== undefined) return ["create"]
  return strategy.collectionDelete === false
    ? allVerbs.filter((verb) => verb !== "deletecollection")
    : allVerbs
}

/** Subresources of one version; `proxied` are those that a node answers. */
export const subresourcesOf = (
  resource: Resource,
  version: ResourceVersion,
  proxied: ReadonlyArray<string>,
): ReadonlyArray<SubresourceRow> => {
  const own = { group: resource.group, version: version.name, kind: resource.kind }
  const rows: SubresourceRow[] = []
  if (version.hasStatus) rows.push({ name: "status", responseKind: own, verbs: subresourceVerbs })
  if (version.definition.subresources?.scale !== undefined) {
    const responseKind = { group: "autoscaling", version: "v1", kind: "Scale" }
    rows.push({ name: "scale", responseKind, verbs: subresourceVerbs })
  }
  for (const name of Object.keys(resource.strategy.subresources ?? {})) {
    rows.push({ name, responseKind: own, verbs: ["update"] })
  }
  for (const name of proxied)
    rows.push({ name, responseKind: own, verbs: name === "log" ? ["get"] : ["create", "get"] })
  return rows
}
