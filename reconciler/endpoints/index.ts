/** HTTP endpoints of a manager: health, readiness, metrics, and what its controllers are doing. */
export { type EndpointOptions, type Endpoints, serveEndpoints } from "./serve-endpoints.ts"
