/** Priority and fairness between clients. Start with {@link FlowControl}. */
export type { Classified, Seat } from "./dispatcher.ts"
export { FlowControl, type FlowControlOptions, flowGroup } from "./flow-control.ts"
export { flowStrategies } from "./strategies.ts"
export { isStream } from "./work-estimate.ts"
