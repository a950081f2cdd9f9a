/** Bounds on what a server may make this client hold, and on how long it waits. */

/** One watch event: an object may have 3 MiB, and JSON escapes can make it longer. */
export const maxWatchLineBytes = 16 * 1024 * 1024
/** One whole response: a page of a list, above all. */
export const maxResponseBytes = 512 * 1024 * 1024
/** A response that says no carries a Status, which is small. */
export const maxStatusBytes = 3 * 1024 * 1024
export const maxKubeconfigBytes = 3 * 1024 * 1024
/** TCP and TLS together. */
export const connectTimeoutMs = 10_000
/** Streams put on one HTTP/2 session before another is opened; Go servers allow 250. */
export const maxStreamsPerSession = 200
/** An HTTP/2 session with open streams that is silent for this long is pinged... */
export const pingIdleMs = 30_000
/** ...and torn down when it has not answered after this long, so that no watch hangs on a dead connection. */
export const pingTimeoutMs = 15_000
/** A session on which a request was given up must show a sign of life within this time, or the next one gets another. */
export const suspectTimeoutMs = 3_000
/** HTTP/2 flow control: what one stream, and all streams of one session, may send ahead of their readers. */
export const streamWindowBytes = 1024 * 1024
export const sessionWindowBytes = 64 * 1024 * 1024
/** How long a token read from a file is used before the file is read again (kubelet rotates it). */
export const tokenFileMaxAgeMs = 60_000
/** Frames of a channel held for a slow reader before the connection is ended. */
export const maxChannelBacklogBytes = 16 * 1024 * 1024
