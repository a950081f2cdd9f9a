/** Bounds of admission and of the webhooks that it asks. */
export const limits = {
  /** An answer of a webhook. */
  answerBytesMax: 16 * 1024 * 1024,
  /** Calls of all webhooks under way at once; one more is a call that failed. */
  callsMax: 2_000,
  /** Connections to one webhook; calls beyond wait for one, within their timeout. */
  connectionsPerWebhookMax: 64,
  idleConnectionsPerWebhookMax: 8,
  /** A connection without a call is kept this long. */
  idleConnectionMs: 30_000,
  /** Webhooks whose connections are kept. */
  agentsMax: 256,
  timeoutSecondsMin: 1,
  timeoutSecondsMax: 30,
  timeoutSecondsDefault: 10,
  /** Source: admissionregistration/validation. */
  matchConditionsMax: 64,
  auditAnnotationsMax: 20,
  /** Of one policy: each is compiled, some of them once a kind. */
  variablesMax: 200,
  validationsMax: 500,
  auditAnnotationCharactersMax: 10 * 1024,
  expressionCharactersMax: 5 * 1024,
  /** Source: apiserver/apis/cel, MaxEvaluatedMessageExpressionSizeBytes. */
  messageCharactersMax: 5 * 1024,
  /** Parameters of one binding. */
  paramsMax: 1_000,
  /** Kinds that one policy is checked against. Source: typechecking.go. */
  typesCheckedMax: 10,
  /** Remembered answers to which webhooks and policies a kind of request concerns. */
  routesRemembered: 10_000,
  /** Rows of each metric: names of webhooks come and go. */
  metricRowsMax: 1_000,
} as const
