/** Most operations in one JSON Patch, as kube-apiserver. */
export const JSON_PATCH_OPERATIONS_MAX = 10_000
/** Most characters of JSON, about, that the `copy` operations of one patch may add: copies of copies double. */
export const JSON_PATCH_COPIED_LENGTH_MAX = 3 * 1024 * 1024
