export { type AskedProjection, askedProjection } from "./asked-projection.ts"
export { Projection } from "./projection.ts"
export { RecentProjections } from "./recent-projections.ts"
