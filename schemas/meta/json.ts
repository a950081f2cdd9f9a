/** Any JSON value, as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
export type JsonArray = ReadonlyArray<Json>
export type JsonObject = { readonly [key: string]: Json }
