export {
  byNewestAttempt,
  identityOf,
  labelsOf,
  type RuntimeIdentity,
  runtimeIdOf,
  runtimeLabels,
} from "./sandbox/identity.ts"
