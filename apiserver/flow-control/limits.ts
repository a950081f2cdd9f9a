/** Bounds of priority and fairness. */
export const flowLimits = {
  /** Seats of the whole server by default: requests of one seat that are answered at the same time. */
  seats: 400,
  /** How long a request waits for a seat. Source: a quarter of the default request timeout. */
  waitMs: 15_000,
  /** Objects of a list that take one seat. Source: flowcontrol/request list_work_estimator. */
  objectsPerSeat: 100,
  seatsPerRequestMax: 10,
  /** Queues of one level, however many its configuration asks for. */
  queuesMax: 1_024,
  handSizeMax: 64,
  queueLengthMax: 10_000,
} as const
