/**
 * The tables of messages, read into what the decoder works with.
 *
 * A line is `Name: 1 field type, 2 field type`. A type is a scalar or the name of a message; `[]T` repeats, `map<T>` maps
 * strings to it. `?` keeps what was sent even when it is the zero value: Go wrote it because it was set. Without it a zero is
 * absent: Go writes such fields always. A field named `-` is inlined into the object around it. `Name = ...` is a message
 * that stands for one value: that of its last field that was sent.
 * Start with {@link parseTable}.
 */
const scalars = [
  "string",
  "int",
  "bool",
  "double",
  "bytes",
  "time",
  "microTime",
  "json",
  "intOrString",
] as const
export type Scalar = (typeof scalars)[number]

export type ValueType = Scalar | Message

export interface Field {
  /** `-` inlines. */
  readonly name: string
  readonly type: ValueType
  readonly shape: "one" | "list" | "map"
  /** Whether a zero value means something. */
  readonly keepsZero: boolean
}

export interface Message {
  readonly name: string
  readonly fields: ReadonlyMap<number, Field>
  /** The message stands for the value of its last field. */
  readonly isValue: boolean
}

const linePattern = /^(\w+)(:| =)(.*)$/
const fieldPattern = /^(\d+) (\S+) (\[\]|map<)?(\w+)>?(\?)?$/

const asScalar = (name: string): Scalar | undefined => scalars.find((scalar) => scalar === name)

/** All messages of some tables, by name. Fails, as a program error, on a table that cannot be read. */
export const parseTable = (...tables: ReadonlyArray<string>): ReadonlyMap<string, Message> => {
  const lines = tables.flatMap((table) => table.trim().replaceAll("\n  ", " ").split("\n"))
  const fieldsOf = new Map<string, Map<number, Field>>()
  const messages = new Map<string, Message>()
  const texts = new Map<string, string>()
  for (const line of lines) {
    const [, name, mark, text] = linePattern.exec(line) ?? []
    if (name === undefined || text === undefined || messages.has(name))
      throw new Error(`the table of messages has an unreadable line: ${line}`)
    const fields = new Map<number, Field>()
    fieldsOf.set(name, fields)
    texts.set(name, text)
    messages.set(name, { name, fields, isValue: mark !== ":" })
  }
  for (const [name, text] of texts) {
    for (const part of text.split(",").map((piece) => piece.trim())) {
      if (part !== "") readField(part, messages, fieldsOf.get(name) ?? new Map())
    }
  }
  return messages
}

const readField = (
  text: string,
  messages: ReadonlyMap<string, Message>,
  fields: Map<number, Field>,
): void => {
  const [, number, name, shape, typeName, optional] = fieldPattern.exec(text) ?? []
  const type = asScalar(typeName ?? "") ?? messages.get(typeName ?? "")
  if (number === undefined || name === undefined || type === undefined || fields.has(Number(number)))
    throw new Error(`the table of messages has an unreadable field: ${text}`)
  fields.set(Number(number), {
    name,
    type,
    shape: shape === "[]" ? "list" : shape === "map<" ? "map" : "one",
    keepsZero: optional !== undefined,
  })
}
