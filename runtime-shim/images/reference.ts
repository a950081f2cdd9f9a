/** An image reference, read as docker does: `[registry/]repository[:tag][@digest]`. Pure. */

export interface Reference {
  readonly registry: string
  /** Scheme and host to send requests to. */
  readonly base: string
  readonly isLoopback: boolean
  readonly repository: string
  readonly tag: string
  readonly digest: string | undefined
}

const HOST = String.raw`[a-zA-Z0-9.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?`
const COMPONENT = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*"
const FORM = new RegExp(
  String.raw`^(?:(${HOST})/)?(${COMPONENT}(?:/${COMPONENT})*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
)

const REFERENCE_LENGTH_MAX = 512

const isHost = (part: string) => part === "localhost" || /[.:]/.test(part)

const isLoopbackHost = (registry: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(registry)

/** Undefined for what is no reference. */
export const parseReference = (text: string): Reference | undefined => {
  const match = text.length > REFERENCE_LENGTH_MAX ? null : FORM.exec(text)
  if (match === null) return undefined
  const [, first, rest = "", tag = "latest", digest] = match
  const hasHost = first !== undefined && isHost(first)
  const registry = hasHost ? first : "docker.io"
  const path = hasHost || first === undefined ? rest : `${first}/${rest}`
  const isDockerHub = registry === "docker.io"
  const repository = isDockerHub && !path.includes("/") ? `library/${path}` : path
  const isLoopback = isLoopbackHost(registry)
  const host = isDockerHub ? "registry-1.docker.io" : registry
  return { registry, base: `${isLoopback ? "http" : "https"}://${host}`, isLoopback, repository, tag, digest }
}
