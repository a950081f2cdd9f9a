/** What a connection and a request prove about who asks. */
import type { IncomingHttpHeaders } from "node:http"
import { TLSSocket } from "node:tls"
import type { Credentials } from "../authenticator.ts"

const list = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : value

/** The subject of a client certificate that our CA has signed; any other certificate proves nothing. */
const certificateOf = (socket: unknown): Credentials["certificate"] => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate()
  if (subject === undefined) return undefined
  const commonName = list(subject.CN)[0] ?? ""
  return { commonName, organizations: list(subject.O) }
}

/** Browsers cannot set headers on a WebSocket: the token comes as a subprotocol. Source: authenticator websocket/protocol.go. */
const webSocketToken = (headers: IncomingHttpHeaders): string | undefined => {
  const encoded = /(?:^|,)\s*base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)\s*(?:,|$)/.exec(
    headers["sec-websocket-protocol"] ?? "",
  )?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64url").toString("utf8")
}

const known = new WeakMap<object, Credentials["certificate"]>()

/** Reads them; a connection's certificate is looked at once. */
export const credentialsOf = (
  socket: object | null | undefined,
  headers: IncomingHttpHeaders,
): Credentials => {
  let certificate: Credentials["certificate"]
  if (socket !== null && socket !== undefined) {
    if (!known.has(socket)) known.set(socket, certificateOf(socket))
    certificate = known.get(socket)
  }
  const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1]
  return { certificate, bearerToken: token ?? webSocketToken(headers) }
}
