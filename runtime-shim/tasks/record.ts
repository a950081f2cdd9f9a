/**
 * What is kept on disk of one sandbox, in a directory of its own: written before the first side effect, removed after the
 * last. So a half that no daemon remembers is still found, with its labels.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { type Installation, pathsOf } from "../installation.ts"
import { readJsonFile, writeJsonFile } from "../json-file.ts"
import { type Handler, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import type { RuntimeSpec } from "../spec/runtime-spec.ts"

/** The intent: what `create` was asked for. */
export interface SandboxRecord {
  readonly handler: Handler
  readonly hostname: string
  readonly labels: { readonly [key: string]: string }
  /** ISO 8601. */
  readonly createdAt: string
  /** Of its program. Absent where there is none. */
  readonly tty?: true
  /** Whether it outlives those who attach to it, or goes with the first. Absent where there is none. */
  readonly stdin?: "kept" | "once"
}

export interface ExitRecord {
  readonly exitCode: number
  readonly exitedAt: string
  readonly oomKilled: boolean
}

export const ID = /^[0-9a-f]{32}$/

export const filesOf = (installation: Installation, id: SandboxId) => {
  const directory = pathsOf(installation).sandbox(id)
  const at = (name: string) => join(directory, name)
  return {
    directory,
    record: at("sandbox.json"),
    network: at("network.json"),
    process: at("process.json"),
    started: at("started.json"),
    exit: at("exit.json"),
    oom: at("oom.json"),
    log: at("log"),
    hosts: at("hosts"),
    resolvConf: at("resolv.conf"),
    hostname: at("hostname"),
    stdin: join(pathsOf(installation).fifos, id, "stdin"),
  }
}

export class SandboxRecords {
  readonly #installation: Installation

  constructor(installation: Installation) {
    this.#installation = installation
  }

  files(id: SandboxId) {
    return filesOf(this.#installation, id)
  }

  /** Every sandbox that was begun and not wholly removed. */
  ids(): ReadonlyArray<SandboxId> {
    try {
      return readdirSync(pathsOf(this.#installation).sandboxes).filter((name) => ID.test(name))
    } catch {
      return []
    }
  }

  find(id: SandboxId): SandboxRecord | undefined {
    return readJsonFile<SandboxRecord>(this.files(id).record)
  }

  write(id: SandboxId, record: SandboxRecord): Effect.Effect<void, RuntimeError> {
    return writeJsonFile(this.files(id).record, record)
  }

  /** Files that are bound into the container; the kernel follows the inode, so they are rewritten in place. */
  writeFile(path: string, text: string): Effect.Effect<void, RuntimeError> {
    return Effect.try({
      try: () => writeFileSync(path, text, { mode: 0o644 }),
      catch: (cause) =>
        new RuntimeError({
          reason: "Unavailable",
          operation: "write",
          subject: path,
          message: `${path} could not be written: ${String(cause)}`,
          cause,
        }),
    })
  }

  process(id: SandboxId): RuntimeSpec["process"] | undefined {
    return readJsonFile<RuntimeSpec["process"]>(this.files(id).process)
  }

  writeProcess(id: SandboxId, process: RuntimeSpec["process"]): Effect.Effect<void, RuntimeError> {
    return writeJsonFile(this.files(id).process, process)
  }

  startedAt(id: SandboxId): Date | undefined {
    const found = readJsonFile<{ readonly at: string }>(this.files(id).started)
    return found === undefined ? undefined : new Date(found.at)
  }

  writeStarted(id: SandboxId, at: Date): Effect.Effect<void, RuntimeError> {
    return writeJsonFile(this.files(id).started, { at: at.toISOString() })
  }

  exit(id: SandboxId): ExitRecord | undefined {
    return readJsonFile<ExitRecord>(this.files(id).exit)
  }

  writeExit(id: SandboxId, exit: ExitRecord): Effect.Effect<void, RuntimeError> {
    return writeJsonFile(this.files(id).exit, exit)
  }

  wasOutOfMemory(id: SandboxId): boolean {
    return readJsonFile(this.files(id).oom) !== undefined
  }

  writeOutOfMemory(id: SandboxId): Effect.Effect<void, RuntimeError> {
    return writeJsonFile(this.files(id).oom, true)
  }

  /** The directory, and an empty log in it. */
  open(id: SandboxId): Effect.Effect<void, RuntimeError> {
    const { directory, log } = this.files(id)
    return Effect.andThen(
      Effect.sync(() => mkdirSync(directory, { recursive: true, mode: 0o711 })),
      this.writeFile(log, ""),
    )
  }

  remove(id: SandboxId): void {
    rmSync(this.files(id).directory, { recursive: true, force: true })
  }
}
