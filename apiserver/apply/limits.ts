/** Most entries of operation Update that an object keeps; older ones are merged. As kube-apiserver. */
export const UPDATE_MANAGERS_MAX = 10
/** Most conflicts that are spelt out in one refusal. */
export const CONFLICTS_MAX = 1_000
/** Most path elements remembered in their canonical form, and the longest of them. */
export const KNOWN_ELEMENTS_MAX = 10_000
export const KNOWN_ELEMENT_LENGTH_MAX = 256
