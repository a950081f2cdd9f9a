export { type AskedProjection, askedProjection } from "./asked-projection.ts"
export { projectionLimits } from "./limits.ts"
export { Projection } from "./projection.ts"
