/** What a request asks for, read off its path: for traces, and to name the points at which a program may be killed. */
import { causeHeader, type TransportRequest } from "../client/index.ts"
import { keyString, type ObjectVersion, parseCause } from "../reconciler/index.ts"

export interface RequestLine {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "apply" | "delete"
  /** Plural and group as kubectl writes them: `sandboxes.compute.miren.dev`. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

const apply = "application/apply-patch"

const verbOf = ({ method, path, headers }: TransportRequest, name: string): RequestLine["verb"] => {
  if (method === "GET") return path.includes("watch=true") ? "watch" : name === "" ? "list" : "get"
  if (method === "POST") return "create"
  if (method === "PUT") return "update"
  if (method === "DELETE") return "delete"
  return (headers["content-type"] ?? "").startsWith(apply) ? "apply" : "patch"
}

export const requestLine = (request: TransportRequest): RequestLine => {
  const [path = ""] = request.path.split("?")
  const parts = path.split("/").slice(1).map(decodeURIComponent)
  const [root, second = ""] = parts
  const group = root === "apis" ? second : ""
  const rest = parts.slice(root === "apis" ? 3 : 2)
  const isNamespaced =
    rest[0] === "namespaces" && rest.length > 2 && !(rest.length === 3 && isNamespacePart(rest[2]))
  const [plural = "", name = "", subresource = ""] = isNamespaced ? rest.slice(2) : rest
  const resource = group === "" ? plural : `${plural}.${group}`
  const namespace = isNamespaced ? (rest[1] ?? "") : ""
  return { verb: verbOf(request, name), resource, namespace, name, subresource }
}

/** Subresources of a Namespace, which stand where a plural would. */
const isNamespacePart = (part: string | undefined): boolean => part === "status" || part === "finalize"

export const isWrite = ({ method }: TransportRequest): boolean => method !== "GET"

export const lineText = ({ verb, resource, namespace, name, subresource }: RequestLine): string => {
  const object = [namespace, name].filter((part) => part !== "").join("/")
  const of = subresource === "" ? resource : `${resource}/${subresource}`
  return object === "" ? `${verb} ${of}` : `${verb} ${of} ${object}`
}

/** The cause that the client's WriteContext put on a write, for people. */
export interface WriteCause {
  readonly controller: string
  readonly request: string
  readonly reconcileID: string
  /** Versions that woke the reconcile: `KIND/NS/NAME@RV`. */
  readonly woke: ReadonlyArray<string>
}

const versionText = ({ kind, namespace, name, resourceVersion }: ObjectVersion): string =>
  `${kind}/${namespace}/${name}@${resourceVersion}`

/** Undefined for a write that no reconcile made. */
export const writeCause = ({ headers }: TransportRequest): WriteCause | undefined => {
  const cause = parseCause(headers[causeHeader] ?? "")
  if (cause === undefined) return undefined
  const { controller, request, reconcileID, woke } = cause
  return { controller, request: keyString(request), reconcileID, woke: woke.map(versionText) }
}
