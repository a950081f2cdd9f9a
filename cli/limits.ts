/** Bounds on what the command line reads and holds. */

/** One manifest file. The server refuses bodies above 3 MB each, so more can only be many documents. */
export const maxManifestBytes = 8_000_000
/** Documents in one file. */
export const maxDocuments = 5_000
/** Aliases that one document may expand to: more is an attack or a mistake. */
export const maxAliases = 100
/** Nesting of a document. */
export const maxDepth = 100
/** Files found under one folder with -R. */
export const maxFiles = 10_000
/** Objects per page of a list. */
export const pageSize = 500
/** One JSON line of a watch. */
export const maxLineBytes = 16 * 1024 * 1024
/** One response, a list above all. */
export const maxResponseBytes = 512 * 1024 * 1024
/** Documents of one manifest checked at the same time. */
export const dryRunsAtOnce = 8
/** Documents of one atomic apply. The server's own bound. */
export const maxAtomicDocuments = 100
/** How long a CustomResourceDefinition in a manifest may take to be served. */
export const establishTimeoutMs = 30_000
/** Between two looks at something that is waited for without a watch. */
export const pollMs = 250
/** Output of an exec held for a slow reader before the server is made to wait. */
export const maxFrameBacklogBytes = 1024 * 1024
/** One frame of an exec's input. */
export const maxInputFrameBytes = 32 * 1024
/** Events shown by describe, the youngest. */
export const maxEventsShown = 50
/** How long a server's resources are remembered. */
export const discoveryMaxAgeMs = 600_000
