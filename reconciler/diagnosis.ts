/** What goes wrong between writers although each write succeeds: hot loops and fights, named. */
import type { ObjectVersion } from "./cause-of-writes.ts"
import type { Request } from "./reconciler.ts"

/** Controllers whose own writes wake them again and again, changing the same objects each time. */
export interface HotLoop {
  readonly _tag: "HotLoop"
  readonly controllers: ReadonlyArray<string>
  readonly request: Request
  /** Written in every cycle. */
  readonly object: ObjectVersion
  /** What the last cycle changed of it. */
  readonly fields: ReadonlyArray<string>
  readonly managers: ReadonlyArray<string>
  readonly cycles: number
}

/** Writers that set one field to and fro. */
export interface Fight {
  readonly _tag: "Fight"
  readonly object: ObjectVersion
  readonly field: string
  readonly managers: ReadonlyArray<string>
  /** How often it was set back so far. */
  readonly cycles: number
}

export type Diagnosis = HotLoop | Fight

export const subjectOf = ({ _tag, object }: Diagnosis): string =>
  `${_tag} ${object.kind}/${object.namespace}/${object.name}`

const all = (names: ReadonlyArray<string>): string => names.join(", ") || "an unknown field"

/** A sentence that says what happens and what to do. Without values: they may be secret. */
export const diagnosisText = (diagnosis: Diagnosis): string => {
  const { kind, namespace, name } = diagnosis.object
  const object = `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`
  return diagnosis._tag === "HotLoop"
    ? `hot loop: ${all(diagnosis.controllers)} wrote ${all(diagnosis.fields)} of ${object} ${diagnosis.cycles} times in a row, ` +
        "woken by nothing but its own writes: write only what differs from what is wanted"
    : `fight: ${all(diagnosis.managers)} set ${diagnosis.field} of ${object} to and fro: ` +
        "let one of them own the field, and take it out of what the other writes"
}
