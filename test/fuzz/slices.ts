/** Every slice, by name. */
import { customKinds } from "./generators/custom-kinds.ts"
import { lists, urls, watches } from "./generators/lists.ts"
import { objects, texts } from "./generators/objects.ts"
import { applies, jsonPatches, mergePatches, strategicPatches } from "./generators/patches.ts"
import { paths } from "./generators/paths.ts"
import type { Slice } from "./slice.ts"

export const slices: ReadonlyArray<Slice> = [
  paths,
  objects,
  texts,
  jsonPatches,
  mergePatches,
  strategicPatches,
  applies,
  lists,
  watches,
  urls,
  customKinds,
]
