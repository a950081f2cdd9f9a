export { ApiError, isReason } from "./api-error.ts"
export * from "./client.ts"
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts"
