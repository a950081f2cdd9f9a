/**
 * The audit log in a file, a JSON document a line, rotated by size: `audit.log` is the newest, then `audit.log.1` and so on.
 *
 * Guarantees: lines are whole and in order; what a disk cannot take fast enough makes requests wait, it is not dropped.
 * A disk that refuses is reported, and the lines of that time are lost: the API goes on.
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises"
import { Data, Effect, type Scope } from "effect"
import type { AuditWriter } from "./audit-record.ts"
import { auditLimits } from "./limits.ts"

export class AuditFileError extends Data.TaggedError("AuditFileError")<{
  readonly reason: "Unwritable"
  readonly message: string
  readonly cause?: unknown
}> {}

export interface AuditFileOptions {
  readonly path: string
  /** Size at which a new file is begun. */
  readonly fileBytesMax?: number
  /** Older files that are kept. */
  readonly filesMax?: number
  readonly onFault: (message: string, cause: unknown) => void
}

class RotatedFile {
  readonly #options: Required<AuditFileOptions>
  #handle: FileHandle
  #size: number
  #lines: string[] = []
  #backlog = 0
  #writing: Promise<void> | undefined

  constructor(options: Required<AuditFileOptions>, handle: FileHandle, size: number) {
    this.#options = options
    this.#handle = handle
    this.#size = size
  }

  write(line: string): void | Promise<void> {
    this.#lines.push(line)
    this.#backlog += line.length
    this.#writing ??= this.#drain()
    if (this.#backlog > auditLimits.backlogBytesMax) return this.#writing
  }

  async #drain(): Promise<void> {
    await Promise.resolve()
    while (this.#lines.length > 0) {
      const lines = this.#lines
      this.#lines = []
      this.#backlog = 0
      try {
        await this.#append(lines)
      } catch (cause) {
        this.#options.onFault("the audit log could not be written", cause)
      }
    }
    this.#writing = undefined
  }

  /** Never splits a line over two files. */
  async #append(lines: ReadonlyArray<string>): Promise<void> {
    let chunk: Buffer[] = []
    let bytes = 0
    for (const line of lines) {
      const encoded = Buffer.from(`${line}\n`)
      if (this.#size + bytes > 0 && this.#size + bytes + encoded.length > this.#options.fileBytesMax) {
        await this.#put(chunk, bytes)
        await this.#rotate()
        chunk = []
        bytes = 0
      }
      chunk.push(encoded)
      bytes += encoded.length
    }
    await this.#put(chunk, bytes)
  }

  async #put(chunk: ReadonlyArray<Buffer>, bytes: number): Promise<void> {
    if (bytes === 0) return
    await this.#handle.appendFile(Buffer.concat(chunk, bytes))
    this.#size += bytes
  }

  async #rotate(): Promise<void> {
    const { path, filesMax } = this.#options
    await this.#handle.close()
    await rm(`${path}.${filesMax}`, { force: true })
    for (let index = filesMax - 1; index >= 0; index--) {
      const from = index === 0 ? path : `${path}.${index}`
      await rename(from, `${path}.${index + 1}`).catch(ignoreMissing)
    }
    if (filesMax === 0) await rm(path, { force: true })
    this.#handle = await open(path, "a", 0o600)
    this.#size = 0
  }

  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    await this.#handle.close()
  }
}

const ignoreMissing = (error: unknown): void => {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error
}

/** Opens the file (0600) until the scope closes; what waits is written then. Fails with `AuditFileError`. */
export const openAuditFile = Effect.fnUntraced(function* (
  options: AuditFileOptions,
): Effect.fn.Return<AuditWriter, AuditFileError, Scope.Scope> {
  const complete = {
    fileBytesMax: auditLimits.fileBytesDefault,
    filesMax: auditLimits.filesDefault,
    ...options,
  }
  const file = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const handle = await open(options.path, "a", 0o600)
        return new RotatedFile(complete, handle, (await handle.stat()).size)
      },
      catch: (cause) =>
        new AuditFileError({
          reason: "Unwritable",
          message: `the audit log ${options.path} cannot be written: ${cause instanceof Error ? cause.message : cause}`,
          cause,
        }),
    }),
    (opened) => Effect.promise(() => opened.close()),
  )
  return (line) => file.write(line)
})
