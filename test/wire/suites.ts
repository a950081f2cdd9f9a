/** Every suite of the wire. Start with {@link wireConformance}. */
import { deleteSuite } from "./delete.ts"
import { limitContinueSuite } from "./limit-continue.ts"
import { listSuite } from "./list.ts"
import { objectMetadataSuite } from "./object-metadata.ts"
import { selectorsSuite } from "./selectors.ts"
import { subresourcesSuite } from "./subresources.ts"
import { type OpenStore, type Suite, serverOver } from "./suite.ts"
import { updatePatchSuite } from "./update-patch.ts"
import { watchSuite } from "./watch.ts"

const suites: ReadonlyArray<Suite> = [
  listSuite,
  watchSuite,
  limitContinueSuite,
  selectorsSuite,
  objectMetadataSuite,
  updatePatchSuite,
  deleteSuite,
  subresourcesSuite,
]

/** All statements over one kind of store. */
export const wireConformance = (name: string, openStore: OpenStore): void => {
  for (const suite of suites) suite(name, serverOver(openStore))
}
