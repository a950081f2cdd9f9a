/** Bounds of `fields=`. Exceeding one is a 400. */
export const projectionLimits = {
  /** Characters of the whole parameter. */
  charactersMax: 8_192,
  pathsMax: 128,
  /** Steps of one path. */
  stepsMax: 32,
  /** Projections of events that are remembered for other watchers, over all resources. */
  remembered: { count: 2_048, bytes: 8 * 1024 * 1024 },
} as const
