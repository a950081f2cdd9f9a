/** A TLS connection and what was agreed on it: HTTP/2 where the server offers it. */
import * as net from "node:net"
import * as tls from "node:tls"
import { after } from "./ambient.ts"
import { type ConnectionConfig, tlsOptions } from "./connection-config.ts"
import { connectTimeoutMs } from "./limits.ts"

export const portOf = (url: URL): number =>
  url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port)

/** A host as sockets want it: IPv6 without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1")

/** Connects and shakes hands within the connect timeout, else rejects. */
export const dialTls = (config: ConnectionConfig): Promise<tls.TLSSocket> => {
  const url = new URL(config.server)
  const host = hostOf(url)
  // SNI holds names only; for an address the certificate is checked against the host option.
  const sni = net.isIP(host) === 0 ? { servername: host } : {}
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: portOf(url),
      ALPNProtocols: ["h2", "http/1.1"],
      ...sni,
      ...tlsOptions(config),
    })
    const fail = (error: Error) => {
      settle()
      socket.destroy()
      reject(error)
    }
    const closed = () => fail(new Error("the server closed the connection while connecting"))
    const settle = () => {
      cancelTimeout()
      socket.off("error", fail).off("close", closed)
      // An error after this belongs to whoever took the socket; until then it must not end the process.
      socket.on("error", () => {})
    }
    const cancelTimeout = after(connectTimeoutMs, () =>
      fail(new Error(`no connection to ${url.host} within ${connectTimeoutMs} ms`)),
    )
    socket.on("error", fail).on("close", closed)
    socket.once("secureConnect", () => {
      settle()
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}
