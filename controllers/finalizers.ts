/** Finalizers that more than one controller has to do with. */

/** On a Sandbox from before the first thing is made at the runtime until after the last one is gone. */
export const SANDBOX_FINALIZER = "compute.miren.dev/sandbox"
