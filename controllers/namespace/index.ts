/** Empties namespaces that were deleted, and lets them go. */
import type { Client, Discovery } from "../../client/index.ts"
import { Controller } from "../../reconciler/index.ts"
import { Namespace } from "../../schemas/index.ts"
import { namespaceWorkers } from "../limits.ts"
import { CONTROLLER_NAME } from "./apply.ts"
import { reconcileNamespace } from "./reconcile.ts"

export const namespaceController: Controller<Client | Discovery> = Controller.make({
  name: CONTROLLER_NAME,
  for: Namespace,
  concurrency: namespaceWorkers,
  reconcile: reconcileNamespace,
})
