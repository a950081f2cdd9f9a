export * from "./sandbox-runtime.ts"
