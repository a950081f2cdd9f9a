/** Text in aligned columns, row by row: widths grow with what was seen, so that a watch stays aligned. */
const gap = 3

export class Columns {
  readonly #widths: number[] = []

  /** The rows as lines; the last column is not padded. */
  format(rows: ReadonlyArray<ReadonlyArray<string>>): string {
    for (const row of rows)
      for (const [index, cell] of row.entries())
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, width(cell))
    return rows
      .map(
        (row) =>
          `${row
            .map((cell, index) => this.#pad(row, cell, index))
            .join("")
            .trimEnd()}\n`,
      )
      .join("")
  }

  #pad(row: ReadonlyArray<string>, cell: string, index: number): string {
    if (index === row.length - 1) return cell
    return cell + " ".repeat(Math.max((this.#widths[index] ?? 0) - width(cell), 0) + gap)
  }
}

/** Code points, which is right for what names and states are made of. */
const width = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length)

/** A cell in one line and without control characters: a message of the server's may not rule the terminal. */
export const cellText = (value: unknown): string => {
  if (value === null || value === undefined || value === "") return "<none>"
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return plainText(text.replaceAll(/\r?\n/g, " "))
}

/** Text without control characters, newline and tab excepted. */
export const plainText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd")
