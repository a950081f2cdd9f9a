/** What an option is, as data: parsed by `parseArguments`, shown by help and completion. */
export interface OptionSpec {
  readonly type: "string" | "boolean" | "number" | "list"
  readonly short?: string
  readonly describe: string
  readonly choices?: ReadonlyArray<string>
  readonly default?: string | boolean | number
  /** The value when the option is given without one. */
  readonly bare?: string
}

export type OptionTable = { readonly [name: string]: OptionSpec }
