/** A whole server as a library. Start with {@link Server}. */
export { runningServer } from "./data-dir.ts"
export type {
  MemoryServer,
  MemoryServerOptions,
  MemoryServerProcess,
  ProcessServices,
} from "./memory-server.ts"
export { loadDefinitions } from "./memory-server-definitions.ts"
export type { MemoryServerListening, MemoryServerListenOptions } from "./memory-server-listen.ts"
export {
  type StartedMemoryServer,
  type StartMemoryServerOptions,
  startMemoryServer,
} from "./memory-server-promise.ts"
export { Server } from "./server.ts"
export { StartError } from "./start-error.ts"
