/** Bounds of certificate signing. */
export const certificateLimits = {
  /** Bytes of a PKCS#10 request. */
  requestBytesMax: 64 * 1024,
  secondsMax: 365 * 24 * 3_600,
  /** For clocks that are not quite right. */
  backdateMs: 300_000,
} as const
