/** SPDY/3.1 as Kubernetes' clients speak it. Start with {@link serveSpdy}. */
export { type SpdyConnection, serveSpdy } from "./connection.ts"
export { SpdyStream } from "./stream.ts"
