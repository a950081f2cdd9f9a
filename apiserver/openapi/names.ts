/** The names under which OpenAPI documents list schemas. */
const META = "io.k8s.apimachinery.pkg.apis.meta.v1"

export const metaNames = {
  objectMeta: `${META}.ObjectMeta`,
  listMeta: `${META}.ListMeta`,
  status: `${META}.Status`,
  deleteOptions: `${META}.DeleteOptions`,
  patch: `${META}.Patch`,
} as const

/** `com.example.v1.Widget` for Widget of example.com/v1; groups without a dot are Kubernetes' own. */
export const definitionName = (group: string, version: string, kind: string): string => {
  if (group === "" || !group.includes("."))
    return `io.k8s.api.${group === "" ? "core" : group}.${version}.${kind}`
  const reversed = group.split(".").reverse().join(".")
  return `${reversed}.${version}.${kind}`
}
