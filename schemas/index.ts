export { type ConfigFileResult, parseConfigFile } from "./config/file.ts"
export type { ConfigOption } from "./config/option.ts"
export {
  type ConfigError,
  type ConfigFile,
  type ConfigResolution,
  type ConfigSources,
  configFilePath,
  type FlagValue,
  formatConfigError,
  resolveServerConfig,
} from "./config/resolve.ts"
export { type ServerConfig, serverOptions } from "./config/server.gen.ts"
export { definitions } from "./definitions.gen.ts"
export * from "./kinds.gen.ts"
export * from "./meta/index.ts"
