/** Every slice, by name. */
import { access } from "./generators/access.ts"
import { admission } from "./generators/admission.ts"
import { applies } from "./generators/applies.ts"
import { bulk } from "./generators/bulk.ts"
import { certificates } from "./generators/certificates.ts"
import { customKinds } from "./generators/custom-kinds.ts"
import { lists, urls, watches } from "./generators/lists.ts"
import { objects, texts } from "./generators/objects.ts"
import { jsonPatches, mergePatches, strategicPatches } from "./generators/patches.ts"
import { paths } from "./generators/paths.ts"
import { podsSlice } from "./generators/pods.ts"
import { projections } from "./generators/projections.ts"
import { protobuf } from "./generators/protobuf.ts"
import { transactions } from "./generators/transactions.ts"
import { makeSigningRequests } from "./signing-requests.ts"
import type { Slice } from "./slice.ts"
import { http1 } from "./sockets/http1.ts"
import { http2 } from "./sockets/http2.ts"
import type { SocketSlice } from "./sockets/script.ts"
import { spdy, watchSockets, webSockets } from "./sockets/upgrades.ts"

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
  projections,
  customKinds,
  admission,
  access,
  certificates(await makeSigningRequests()),
  protobuf,
  podsSlice,
  transactions,
  bulk,
]

/** Those that need real connections. */
export const socketSlices: ReadonlyArray<SocketSlice> = [http1, http2, webSockets, watchSockets, spdy]
