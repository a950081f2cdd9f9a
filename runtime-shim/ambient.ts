/** The one place of this folder that asks the machine for the time outside of Effect: callbacks of the file watcher. */
export const nowMillis = (): number => Date.now()
