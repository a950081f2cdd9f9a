/** What one SPDY connection may ask for. */
export const limits = {
  /** Of one frame: the protocol allows 16 MiB. */
  frameBytes: 1024 * 1024,
  /** Of one header block, when inflated. */
  headerBlockBytes: 16 * 1024,
  headersPerBlock: 64,
  /** Open at once. */
  streams: 256,
  /** Of one stream, received and not read yet, before the whole connection waits. */
  waitingBytes: 256 * 1024,
  /** Of one data frame sent. */
  outboundFrameBytes: 32 * 1024,
} as const
