/** A Sandbox seen as a Pod. Pure, total. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { metadataOf } from "../registry/object-meta.ts"
import { keptFieldsAnnotation, readKept } from "./kept-fields.ts"
import { podStatusOf } from "./pod-status.ts"

const defaults: MutableObject = {
  dnsPolicy: "ClusterFirst",
  enableServiceLinks: true,
  schedulerName: "default-scheduler",
}

const withKept = (kept: MutableObject, own: MutableObject): MutableObject => {
  const merged = { ...kept, ...own }
  if (isObject(kept.securityContext) && isObject(own.securityContext))
    merged.securityContext = { ...kept.securityContext, ...own.securityContext }
  return merged
}

const containersOf = (spec: MutableObject, kept: MutableObject): MutableObject[] => {
  const containers = Array.isArray(spec.containers) ? spec.containers.filter(isObject) : []
  return containers.map((container, index) => ({
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    resources: {},
    ...(index === 0 ? withKept(kept, container) : container),
  }))
}

/** Changes `sandbox`, and reuses its parts. */
export const podOfSandbox = (sandbox: MutableObject): MutableObject => {
  const kept = readKept(sandbox)
  const metadata = metadataOf(sandbox)
  // They speak of the Sandbox's fields.
  delete metadata.managedFields
  if (isObject(metadata.annotations)) {
    delete metadata.annotations[keptFieldsAnnotation]
    if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations
  }
  const { runtimeHandler, ...own } = isObject(sandbox.spec) ? sandbox.spec : {}
  const spec: MutableObject = {
    ...defaults,
    ...(typeof runtimeHandler === "string" ? { runtimeClassName: runtimeHandler } : {}),
    ...withKept(kept.spec, own),
    containers: containersOf(own, kept.container),
  }
  spec.securityContext ??= {}
  const status = isObject(sandbox.status) ? sandbox.status : {}
  return { apiVersion: "v1", kind: "Pod", metadata, spec, status: podStatusOf(spec, status) }
}
