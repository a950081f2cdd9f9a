/** What the node server takes and holds at most. */
export const limits = {
  /** Of a request line's path and query. */
  urlCharacters: 32 * 1024,
  /** Of the words of one exec command. */
  commandWords: 256,
  commandCharacters: 16 * 1024,
  /** Of one WebSocket frame from the client, its channel byte included. */
  inboundFrameBytes: 1024 * 1024,
  /** Of one frame to the client: longer output is cut into several. */
  outboundFrameBytes: 32 * 1024,
  /** Frames that wait for a slow process's stdin before the socket is paused. */
  waitingInboundFrames: 16,
  /** Streams (logs and execs) open at once. */
  streams: 1000,
  /** Silence after which a peer is asked whether it is still there. */
  keepAliveMs: 30_000,
  /** How long a client may take to open its streams. */
  streamsMs: 30_000,
  /** How long a client whose command has ended is waited for, before the connection is ended for it. */
  lingerMs: 5_000,
  /** Of a resize message that is not whole yet. */
  resizeCharacters: 4_096,
  /** Of one connection that has a channel for each. */
  forwardedPorts: 64,
  /** Of a sentence on an error stream. */
  errorCharacters: 4_096,
  /** Sandboxes whose use is read at once. */
  statsConcurrency: 8,
  /** Between the two looks that a rate is made of. */
  statsWindowMs: { least: 1_000, most: 60_000 },
  tailLines: 1_000_000,
  terminalColumnsOrRows: 10_000,
} as const
