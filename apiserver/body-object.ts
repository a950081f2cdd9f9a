/** Whether a value is a JSON object. */
import type { MutableObject } from "./machinery.ts"

export const isObject = (value: unknown): value is MutableObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
