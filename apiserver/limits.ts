/** Every bound of the API server, in one place. Exceeding one is always answered with a Status. */
export const limits = {
  /** A request body. Source: apiserver's MaxRequestBodyBytes. */
  /** Of a node's answer about what it uses. */
  nodeStatsBytesMax: 8 * 1024 * 1024,
  bodyBytesMax: 3 * 1024 * 1024,
  /** YAML that is no JSON: it takes a hundred times as long to read. */
  yamlCharactersMax: 1024 * 1024,
  /** Each is looked for among all of them. */
  yamlAliasesMax: 1_000,
  /** Problems that one refusal names. */
  problemsNamedMax: 50,
  /** Source: apiserver endpoints/request, warning recorder. */
  warningCharactersMax: 256,
  warningsCharactersMax: 4_096,
  acceptHeadersRemembered: 200,
  urlCharactersMax: 16 * 1024,
  /** Nesting of a document; each level of a schema takes two. */
  jsonDepthMax: 200,
  jsonPatchOperationsMax: 10_000,
  /** Items in one page, whatever `limit` says. */
  pageItemsMax: 100_000,
  /** Items of one deletecollection read at a time. */
  deleteCollectionPage: 500,
  /** Open watches over all clients. */
  watchersMax: 20_000,
  /** Bytes that a watcher may be behind before it is ended with 410. */
  watchPendingBytesMax: 16 * 1024 * 1024,
  /** Bytes of events that are gathered for one write at most. */
  flushBytes: 1024 * 1024,
  /** Bytes written ahead of a peer before a streamed list or the opening of a watch waits for it. */
  streamAheadBytes: 512 * 1024,
  /** Size of one written piece of a list: more than node takes before it says that the peer is behind. */
  streamChunkBytes: 64 * 1024,
  /** Pieces that are kept to be used again. */
  streamBuffersKept: 32,
  gzipChunkBytes: 64 * 1024,
  /** Work of one turn of the event loop, so that other requests wait for less than a millisecond: bytes copied... */
  turnBytes: 256 * 1024,
  /** ...objects looked at... */
  turnObjects: 2_048,
  /** ...and documents read. */
  turnDocuments: 32,
  /** Events of one resource kept for watches that start in the past. */
  windowEventsMax: 10_000,
  windowBytesMax: 64 * 1024 * 1024,
  /** Source: cacher.go, defaultBookmarkFrequency. */
  bookmarkMs: 60_000,
  /** How soon a watcher that was left out of an event (`skipUnchanged`) is told how far it has come. */
  leftOutBookmarkMs: 1_000,
  /** A watch without timeoutSeconds lives between one and two of these. Source: --min-request-timeout. */
  watchTimeoutMsMin: 1_800_000,
  /** How long a request waits for the cache to reach a revision. */
  freshMsMax: 3_000,
  /** How often the store is asked for its progress meanwhile. */
  progressAskMs: 200,
  /** Source: GuaranteedUpdate; bounded here. */
  updateAttemptsMax: 10,
  generateNameAttemptsMax: 8,
  gzipBytesMin: 128 * 1024,
  /** OpenAPI documents that are kept; larger ones are made for each who asks. */
  openapiDocumentBytesMax: 2 * 1024 * 1024,
  openapiBytesMax: 16 * 1024 * 1024,
  fieldManagerCharactersMax: 128,
  /** Of the cause of a write: what its client said, and who it was. */
  causeToldCharactersMax: 2_048,
  causeUserCharactersMax: 256,
  causeClientCharactersMax: 128,
  /** Causes of deletions: so many sessions of the store, each of so many deletions or so long. */
  deletionCausesSessions: 8,
  deletionCausesPerSession: 5_000,
  deletionCausesSessionMs: 600_000,
  annotationBytesMax: 256 * 1024,
  /** Objects in another form than they are kept in that are remembered: of other versions, and Pods. */
  views: { count: 20_000, bytes: 64 * 1024 * 1024 },
  /** A page of the past is read from the store, so many objects at a time, and held whole: it ends at so many bytes. */
  pastPageItems: 250,
  pastPageBytesMax: 4 * 1024 * 1024,
  /** Start of the server: pages of the first read of the store. */
  loadPage: 2_000,
  /** Frontend. */
  headersTimeoutMs: 30_000,
  /** How often slow requests are looked for. */
  connectionsCheckMs: 5_000,
  requestTimeoutMs: 60_000,
  connectionsMax: 10_000,
  streamsPerConnectionMax: 1_000,
  streamWindowBytes: 1024 * 1024,
  sessionMemoryMegabytes: 1_024,
  headersMax: 200,
  keepAliveMs: 90_000,
  keepAliveProbeMs: 30_000,
  closeMs: 2_000,
  /** Groups, extra values and the like of one impersonated user: each is a question to the authorizer. */
  impersonatedPartsMax: 200,
  /** Pause before a loop of the server tries again. */
  retryMs: 1_000,
  /** After the last answer: for its bytes to reach the peer. */
  lingerMs: 250,
  /** Connecting to a node for log, exec, attach and portforward. */
  connectMs: 10_000,
} as const
