export type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
