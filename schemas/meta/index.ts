/** What is known of objects without their schema; hand-written. Generated types rest on it. */
export type * from "./condition.ts"
export type * from "./definition.ts"
export type * from "./json.ts"
export { apiVersionOf, type Kind, type ObjectOf } from "./kind.ts"
export type * from "./object.ts"
export * from "./status.ts"
