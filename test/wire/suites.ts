/** Every suite of the wire. Start with {@link wireConformance}. */
import { accessSuite } from "./access.ts"
import { admissionSuite } from "./admission.ts"
import { coreKindsSuite } from "./core-kinds.ts"
import { customResourcesSuite } from "./custom-resources.ts"
import { deleteSuite } from "./delete.ts"
import { eventsSuite } from "./events.ts"
import { garbageCollectionSuite } from "./garbage-collection.ts"
import { limitContinueSuite } from "./limit-continue.ts"
import { listSuite } from "./list.ts"
import { objectMetadataSuite } from "./object-metadata.ts"
import { operationsSuite } from "./operations.ts"
import { overTlsSuite } from "./over-tls.ts"
import { representationsSuite } from "./representations.ts"
import { rulesSuite } from "./rules.ts"
import { schemasSuite } from "./schemas.ts"
import { selectorsSuite } from "./selectors.ts"
import { serverSideApplySuite } from "./server-side-apply.ts"
import { servicesSuite } from "./services.ts"
import { subresourcesSuite } from "./subresources.ts"
import { type OpenStore, type Suite, serverOver } from "./suite.ts"
import { transactionsSuite } from "./transactions.ts"
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
  garbageCollectionSuite,
  subresourcesSuite,
  serverSideApplySuite,
  representationsSuite,
  customResourcesSuite,
  schemasSuite,
  rulesSuite,
  admissionSuite,
  accessSuite,
  operationsSuite,
  coreKindsSuite,
  eventsSuite,
  servicesSuite,
  transactionsSuite,
  overTlsSuite,
]

/** All statements over one kind of store. */
export const wireConformance = (name: string, openStore: OpenStore): void => {
  for (const suite of suites) suite(name, serverOver(openStore))
}
