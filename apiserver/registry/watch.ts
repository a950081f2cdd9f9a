/** The watch verb. */
import type { ResponseSink } from "../exchange.ts"
import { limits } from "../limits.ts"
import type { EventFormat } from "../watch-cache/event-format.ts"
import { parseSelection, type Selection } from "../watch-cache/selection.ts"
import { Watcher } from "../watch-cache/watcher.ts"
import type { Operation } from "./context.ts"
import { type ListOptions, parseListOptions } from "./list-options.ts"

export interface WatchStart {
  /** Sends the head: called once everything that may be refused has been. */
  readonly head: () => ResponseSink
  readonly format: EventFormat
  /** What is watched, before the head is sent. */
  readonly selected?: (selection: Selection) => void
  readonly opened: (watcher: Watcher) => void
  /** It has told what there was: from here on it only follows. */
  readonly caughtUp: () => void
}

/** Whether the watch opens with the current objects. */
const wantsInitial = ({ sendInitialEvents, resourceVersion }: ListOptions): boolean =>
  sendInitialEvents ?? (resourceVersion === undefined || resourceVersion === 0n)

/** Waits until the cache is where the client may start. */
const reachStart = async ({ context }: Operation, { resourceVersion }: ListOptions): Promise<void> => {
  if (resourceVersion === undefined) await context.cache.fresh()
  else await context.cache.reach(resourceVersion)
}

/** Opens the watch and returns when it has ended. Fails before the head with `BadRequest`, `Invalid`, `Timeout`. */
export const watch = async (operation: Operation, start: WatchStart): Promise<void> => {
  const { context, call, target } = operation
  const options = parseListOptions(call.info)
  const selection = parseSelection({ namespace: target.namespace, name: target.name, ...options }, target)
  start.selected?.(selection)
  await reachStart(operation, options)
  const watcher = new Watcher(start.head(), {
    selection,
    format: start.format,
    bookmarks: options.allowBookmarks,
  })
  const ended = new Promise<void>((resolve) => watcher.onEnd(resolve))
  const abort = (): void => watcher.end()
  call.request.signal.addEventListener("abort", abort)
  const { watchTimeoutMsMin } = limits
  const timeoutMs =
    options.timeoutSeconds === undefined || options.timeoutSeconds === 0
      ? watchTimeoutMsMin * (1 + context.ambient.random())
      : options.timeoutSeconds * 1000
  const cancel = context.ambient.timer(Math.min(timeoutMs, 2 ** 31 - 1), () => {
    context.cache.find(target.resource)?.finish(watcher, context.cache.revision)
    watcher.end()
  })
  watcher.onEnd(() => {
    cancel()
    call.request.signal.removeEventListener("abort", abort)
  })
  start.opened(watcher)
  if (call.request.signal.aborted) watcher.end()
  const { revision } = context.cache
  const initial = wantsInitial(options)
  await context.cache.get(target.resource).open(watcher, {
    since: initial ? revision : options.resourceVersion || revision,
    initial,
    resumed: !initial && options.resourceVersion !== undefined,
    initialEnd: options.sendInitialEvents === true && options.allowBookmarks,
  })
  start.caughtUp()
  await ended
}
