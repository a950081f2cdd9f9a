/** Admission by the state of the namespace: it must exist, and not be going. Source: plugin namespace/lifecycle. */
import { forbidden, notFound } from "../status-error.ts"
import { type AdmissionRequest, admissionSubject, type RegistryContext, type Target } from "./context.ts"
import { decodeDocument } from "./document.ts"
import { isDeleting } from "./object-meta.ts"
import { type Current, currentFromCache, currentFromStore } from "./written.ts"

const namespacesId = "/namespaces"

const terminating = (request: AdmissionRequest): Error => {
  const { namespace } = request.target
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  }
  return forbidden(admissionSubject(request), why, [cause])
}

/** Questions about rights are answered whatever the namespace. Source: plugin namespace/lifecycle isAccessReview. */
const isAccessReview = ({ target }: AdmissionRequest): boolean =>
  target.resource.id === "authorization.k8s.io/localsubjectaccessreviews"

/** Refuses creations in namespaces that are missing (`NotFound`) or going (`Forbidden`). */
export const admitByNamespace = async (
  context: RegistryContext,
  request: AdmissionRequest,
): Promise<void> => {
  const { target, operation, call } = request
  if (operation !== "CREATE" || !target.resource.namespaced || isAccessReview(request)) return
  const resource = context.resources.get(namespacesId)
  if (resource === undefined) return
  const name = target.namespace
  const beside = call.namespaces?.get(name)
  if (beside !== undefined && isDeleting(beside)) throw terminating(request)
  if (beside !== undefined) return
  const namespace: Target = { resource, version: resource.storage, namespace: "", name, subresource: "" }
  const found: Current | undefined =
    currentFromCache(context, namespace) ?? (await currentFromStore(context, namespace))
  if (found === undefined) throw notFound(resource.subject(name))
  if (isDeleting(decodeDocument(found.bytes))) throw terminating(request)
}
