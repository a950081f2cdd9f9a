/** What codegen bounds. */

/** Of a file with CustomResourceDefinitions, in bytes. */
export const definitionFileBytesMax = 16 * 1024 * 1024
