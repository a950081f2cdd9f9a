/** A whole server as a library. Start with {@link Server}. */
export { runningServer } from "./data-dir.ts"
export { Server } from "./server.ts"
export { StartError } from "./start-error.ts"
