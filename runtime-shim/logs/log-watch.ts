/**
 * Eyes on the logs of running sandboxes: notes when they grow, and keeps each below {@link LOG_BYTES_MAX}.
 *
 * A log that is too long is copied to `<log>.1` and cut to nothing; the shim appends, so it goes on at the start. Lines
 * written between the copy and the cut are lost, and so are older ones. While no daemon runs nothing is cut.
 */
import { copyFileSync, type FSWatcher, renameSync, statSync, truncateSync, watch } from "node:fs"
import { nowMillis } from "../ambient.ts"
import { LOG_BYTES_MAX, LOG_TIME_STEP_MS } from "../limits.ts"
import type { SandboxId } from "../sandbox-runtime.ts"
import { appendTime, readTimes, timesPath } from "./log-times.ts"

interface Watched {
  readonly watcher: FSWatcher
  readonly log: string
  length: number
  notedAt: number
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

export class LogWatch {
  readonly #watched = new Map<SandboxId, Watched>()

  /** Watches a log until `forget`; again, it changes nothing. */
  watch(id: SandboxId, log: string): void {
    if (this.#watched.has(id)) return
    try {
      const watcher = watch(log, { persistent: false }, () => this.#look(id))
      watcher.on("error", () => this.forget(id))
      const length = readTimes(log).at(-1)?.length ?? 0
      this.#watched.set(id, { watcher, log, length, notedAt: 0 })
      this.#look(id)
    } catch {
      // The sandbox has been removed.
    }
  }

  /** Notes what has come since the last look. */
  #look(id: SandboxId): void {
    const watched = this.#watched.get(id)
    if (watched === undefined) return
    const { log } = watched
    const size = sizeOf(log)
    const now = nowMillis()
    try {
      if (size > watched.length && now - watched.notedAt >= LOG_TIME_STEP_MS) {
        appendTime(log, { length: size, at: now })
        watched.length = size
        watched.notedAt = now
      }
      if (size > LOG_BYTES_MAX) this.#rotate(watched)
    } catch {
      // The directory has been removed under us.
    }
  }

  #rotate(watched: Watched): void {
    const { log } = watched
    copyFileSync(log, `${log}.1`)
    truncateSync(log, 0)
    renameSync(timesPath(log), timesPath(`${log}.1`))
    watched.length = 0
  }

  forget(id: SandboxId): void {
    this.#watched.get(id)?.watcher.close()
    this.#watched.delete(id)
  }

  close(): void {
    for (const id of [...this.#watched.keys()]) this.forget(id)
  }
}
