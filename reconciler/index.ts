export * from "./reconciler.ts"
