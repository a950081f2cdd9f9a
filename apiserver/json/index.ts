export { JSON_DEPTH_MAX } from "./limits.ts"
export { clone, equal, isArray, isObject, own, put, tooDeep } from "./value.ts"
