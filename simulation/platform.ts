/** What every cluster does by itself: empties deleted namespaces, and collects garbage. */
import { Effect } from "effect"
import { namespaceController, runGarbageCollector } from "../controllers/index.ts"
import { Manager } from "../reconciler/index.ts"
import type { Program } from "./scenario.ts"

export const platform: Program = {
  name: "platform",
  run: Effect.andThen(Manager.start({ controllers: [namespaceController] }), runGarbageCollector),
}
