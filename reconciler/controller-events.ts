/** The event recorder of the controller that reconciles now, for the code of its reconcile. Outside of one it records nothing. */
import { Context } from "effect"
import type { EventRecorder } from "./events.ts"

export const ControllerEvents = Context.Reference<EventRecorder>("reconciler/ControllerEvents", {
  defaultValue: () => ({ record: () => {} }),
})
