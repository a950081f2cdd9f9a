/** What happens in a run, written down where somebody will read it. */
import type { AnsweredWrite } from "./connection.ts"
import type { Struck } from "./occasions.ts"
import type { Reconciled } from "./reconcile-span.ts"
import type { TraceEntry } from "./report.ts"
import { lineText } from "./request-line.ts"
import type { VirtualTime } from "./virtual-time.ts"

const decoder = new TextDecoder()

interface Answer {
  readonly reason?: string
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string }
}

/** `-> 201 @57`, or `-> 409 Conflict`. */
const answerText = (status: number, answer: Answer): string => {
  if (status >= 400) return `-> ${status} ${answer.reason ?? ""}`.trimEnd()
  const revision = answer.metadata?.resourceVersion
  return revision === undefined ? `-> ${status}` : `-> ${status} @${revision}`
}

const causeText = ({ cause }: AnsweredWrite): string => {
  if (cause === undefined) return ""
  const woke = cause.woke.length === 0 ? "" : `, woken by ${cause.woke.join(", ")}`
  return ` (${cause.controller} for ${cause.request}${woke})`
}

export class Journal {
  readonly #time: VirtualTime
  readonly #entries: Array<TraceEntry> | undefined

  /** One that keeps nothing costs nothing. */
  constructor(time: VirtualTime, isKept: boolean) {
    this.#time = time
    this.#entries = isKept ? [] : undefined
  }

  get entries(): ReadonlyArray<TraceEntry> {
    return this.#entries ?? []
  }

  note(kind: TraceEntry["kind"], actor: string, detail: string): void {
    this.#entries?.push({ atMs: this.#time.nowMs - this.#time.startMs, kind, actor, detail })
  }

  /** Renewals of Leases are left out: they say nothing but that somebody is well. */
  wrote(write: AnsweredWrite): void {
    if (this.#entries === undefined) return
    const { verb, resource } = write.line
    if (verb !== "create" && resource === "leases.coordination.k8s.io" && write.status < 300) return
    const answer: Answer = write.body.length === 0 ? {} : JSON.parse(decoder.decode(write.body))
    const line = { ...write.line, name: write.line.name || (answer.metadata?.name ?? "") }
    this.note(
      "write",
      write.actor,
      `${lineText(line)} ${answerText(write.status, answer)}${causeText(write)}`,
    )
  }

  reconciled(actor: string, { controller, object, outcome, message }: Reconciled): void {
    if (this.#entries === undefined) return
    const end = message === "" ? outcome : `${outcome}: ${message}`
    this.note("reconcile", actor, `${controller} ${object}: ${end}`)
  }

  struck({ actor, id, fault, on }: Struck): void {
    if (this.#entries === undefined) return
    this.note("fault", actor, `${on === "" ? fault : `${fault}: ${on}`} (${id})`)
  }
}
