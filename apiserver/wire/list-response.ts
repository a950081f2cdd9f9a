/** Answers that are a list: short ones as one body, long ones a turn after the other, no faster than the peer reads. */
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import type { View } from "../negotiation.ts"
import type { Turns } from "../turns.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { type ListAnswer, type ListForm, listForm } from "./list-form.ts"
import { sendBytes, sendTurns } from "./response.ts"

export const listViews: ReadonlySet<View> = new Set<View>(["", "Table", "PartialObjectMetadataList"])

const encoder = new TextEncoder()

/** The pieces of a list, as many at once as are the work of one turn. */
function* turnsOf(items: ReadonlyArray<CachedObject>, form: ListForm): Generator<ReadonlyArray<Uint8Array>> {
  const separator = encoder.encode(form.separator)
  let pieces: Uint8Array[] = [encoder.encode(form.opening)]
  let work = 0
  for (const [index, object] of items.entries()) {
    if (index > 0) pieces.push(separator)
    pieces.push(form.item(object))
    work += object.bytes.length * form.cost
    if (work < limits.turnBytes) continue
    yield pieces
    pieces = []
    work = 0
  }
  pieces.push(encoder.encode(form.closing))
  yield pieces
}

/** Whether a list is the work of one turn. */
const isShort = (items: ReadonlyArray<CachedObject>, { cost }: ListForm): boolean => {
  let work = 0
  for (const { bytes } of items) {
    work += bytes.length * cost
    if (work >= limits.turnBytes) return false
  }
  return true
}

export const sendList = async (call: Call, answer: ListAnswer, turns: Turns): Promise<void> => {
  const form = listForm(answer)
  const { items } = answer.listed
  const head = { status: 200, contentType: form.contentType }
  const pieces = turnsOf(items, form)
  if (isShort(items, form)) await sendBytes(call, head, Buffer.concat([...pieces].flat()))
  else await sendTurns(call, head, { turns, steps: pieces })
}
