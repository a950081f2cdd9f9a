/** Bounds of conversion webhooks. */
export const conversionLimits = {
  /** Source: apiextensions webhook_converter. */
  timeoutSeconds: 30,
  /** Of one ConversionReview. */
  objectsMax: 1_000,
  bytesMax: 4 * 1024 * 1024,
} as const
