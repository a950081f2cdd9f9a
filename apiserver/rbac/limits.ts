/** Bounds of RBAC. */
export const rbacLimits = {
  /** Verb, group, resource and name combinations of one role that are checked when it is written or bound. */
  permissionsMax: 10_000,
  /** Missing permissions that a refusal names. */
  shownMax: 50,
} as const
