/** Operations of the server itself: no client, no wire, the same verbs. */
import type { Call } from "../call.ts"
import type { ApiRequest, ResponseSink, UserInfo } from "../exchange.ts"
import type { ResourceRequestInfo, Verb } from "../request-info.ts"
import type { Operation, RegistryContext, Target } from "./context.ts"

export const serverUser: UserInfo = { name: "system:apiserver", groups: ["system:masters"] }

const nowhere: ResponseSink = {
  head: () => {},
  write: () => true,
  pending: 0,
  drained: () => Promise.resolve(),
  end: () => {},
}

export const internalOperation = (
  context: RegistryContext,
  target: Target,
  verb: Verb,
  body?: unknown,
): Operation => {
  const request: ApiRequest = {
    method: verb.toUpperCase(),
    url: "",
    headers: { "user-agent": "apiserver/internal" },
    body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
    user: serverUser,
    signal: new AbortController().signal,
  }
  const { resource, version, namespace, name, subresource } = target
  const info: ResourceRequestInfo = {
    type: "resource",
    verb,
    path: "",
    query: new URLSearchParams(),
    method: request.method,
    group: resource.group,
    version: version.name,
    resource: resource.plural,
    namespace,
    name,
    subresource,
  }
  const call: Call<ResourceRequestInfo> = { request, sink: nowhere, info, auditId: "", warnings: [] }
  return { context, call, target }
}
