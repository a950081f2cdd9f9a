/** A whole server as a library. Start with {@link Server}. */
export { Server } from "./server.ts"
export { StartError } from "./start-error.ts"
