export { fieldManager } from "./field-manager.ts"
