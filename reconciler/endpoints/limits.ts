/** Bounds of the endpoints. */
export const maxShownKeys = 1000
/** A request line and its headers; bodies are not read. */
export const maxHeaderBytes = 16 * 1024
export const requestTimeoutMs = 10_000
export const maxConnections = 64
