/** The namespaces that every cluster has, made when they are missing. */
import { StatusError } from "../status-error.ts"
import { immortal } from "../strategies/namespace.ts"
import type { RegistryContext, Target } from "./context.ts"
import { create } from "./create.ts"
import { internalOperation } from "./internal.ts"
import { currentFromCache } from "./written.ts"

/** Those that are never deleted, and that of the nodes' leases, which no node may make. */
const first = [...immortal, "kube-node-lease"]

export const ensureNamespaces = async (
  context: RegistryContext,
  onFault: (message: string, cause: unknown) => void,
): Promise<void> => {
  const resource = context.resources.get("/namespaces")
  if (resource === undefined) return
  const version = resource.storage
  for (const name of first) {
    const target: Target = { resource, version, namespace: "", name: "", subresource: "" }
    if (currentFromCache(context, { ...target, name }) !== undefined) continue
    const body = { apiVersion: version.apiVersion, kind: resource.kind, metadata: { name } }
    try {
      await create(internalOperation(context, target, "create", body))
    } catch (error) {
      if (error instanceof StatusError && error.reason === "AlreadyExists") continue
      onFault("a first namespace could not be made", error)
    }
  }
}
