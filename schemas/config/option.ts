/** One option of a program, as data: its three names, and what its value must be. */
export interface ConfigOption {
  /** The key in the file and the field of the configuration: `dataDir`. */
  readonly name: string
  /** Without dashes: `data-dir`. */
  readonly flag: string
  readonly env: string
  /** Whether the file may set it. */
  readonly inFile: boolean
  /** A list is given with commas in flags and variables. */
  readonly type: "string" | "integer" | "boolean" | "list"
  /** Of the value, or of each item of a list; so are the bounds below. */
  readonly enum?: ReadonlyArray<string>
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly default?: string | number | boolean | ReadonlyArray<string>
  /** A value that is right, for messages. */
  readonly example?: string
  readonly description: string
}
