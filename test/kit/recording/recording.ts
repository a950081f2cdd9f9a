/**
 * All that one client asks, as a text that is kept: a block for each kind of request, in order of the alphabet. A block whose
 * first line begins with `sometimes` is asked in some runs only (what polls, or races); that word is written by hand, and stays.
 */
import type { Asked } from "./asked.ts"

export interface Block {
  readonly request: string
  readonly headers: ReadonlyArray<string>
  readonly answer: string
  /** Digests of bodies: for readers, not compared. */
  readonly bodies: ReadonlyArray<string>
  readonly sometimes: boolean
}

export type Recording = ReadonlyMap<string, Block>

export const keyOf = ({ request, headers, answer }: Pick<Block, "request" | "headers" | "answer">): string =>
  [request, ...headers, answer].join("\n")

export class Recorder {
  readonly #blocks = new Map<string, Block>()

  add(asked: Asked): void {
    const { request, headers, answer, body } = asked
    const key = keyOf(asked)
    const bodies = new Set(this.#blocks.get(key)?.bodies)
    if (body !== undefined) bodies.add(body)
    this.#blocks.set(key, { request, headers, answer, bodies: [...bodies].sort(), sometimes: false })
  }

  get recording(): Recording {
    return this.#blocks
  }
}

const SOMETIMES = "sometimes "

export const parseRecording = (text: string): Recording => {
  const blocks = text
    .split(/\n\n+/)
    .map((block) => block.split("\n").filter((line) => line !== ""))
    .filter(([first]) => first !== undefined && !first.startsWith("#"))
    .map(([first = "", ...lines]): Block => {
      const words = lines.map((line) => line.trim())
      const said = (mark: string) =>
        words.filter((word) => word.startsWith(mark)).map((word) => word.slice(mark.length))
      return {
        request: first.replace(SOMETIMES, ""),
        sometimes: first.startsWith(SOMETIMES),
        headers: words.filter((word) => !/^(->|body) /.test(word)),
        answer: said("-> ")[0] ?? "",
        bodies: said("body "),
      }
    })
  return new Map(blocks.map((block) => [keyOf(block), block]))
}

/** The text of a recording; what `before` had as asked sometimes stays in it. */
export const recordingText = (
  client: string,
  recording: Recording,
  before: Recording = new Map(),
): string => {
  const kept = [...before.values()].filter(({ sometimes }) => sometimes)
  const all = new Map([...recording, ...kept.map((block) => [keyOf(block), block] as const)])
  const blocks = [...all.entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { request, headers, answer, bodies, sometimes }]) =>
      [
        `${sometimes ? SOMETIMES : ""}${request}`,
        ...headers.map((line) => `    ${line}`),
        ...bodies.map((body) => `    body ${body}`),
        `    -> ${answer}`,
        "",
      ].join("\n"),
    )
  return [
    `# What ${client} asked of us. GOLDEN_UPDATE=1 writes it; test/kit/recording says how to read it.\n`,
    ...blocks,
  ].join("\n")
}

const inWords = ({ request, headers }: Block): string =>
  headers.length === 0 ? request : `${request} (${headers.join("; ")})`

/** What is otherwise than it was, a sentence each. `whole` says that the client did all that it did then. */
export const differences = (
  client: string,
  { before, now }: { readonly before: Recording; readonly now: Recording },
  whole: boolean,
): ReadonlyArray<string> => {
  const fresh = [...now].filter(([key]) => !before.has(key)).map(([, block]) => block)
  const gone = [...before]
    .filter(([key, { sometimes }]) => whole && !sometimes && !now.has(key))
    .map(([, block]) => block)
  const formerly = new Map(gone.map((block) => [inWords(block), block]))
  const changed = new Set<string>()
  const sentences = fresh.map((block) => {
    const was = formerly.get(inWords(block))
    if (was === undefined) return `${client} now asks ${inWords(block)}, and is answered ${block.answer}`
    changed.add(inWords(block))
    return `${client} is now answered ${block.answer} where it was ${was.answer}: ${inWords(block)}`
  })
  const missing = gone
    .filter((block) => !changed.has(inWords(block)))
    .map((block) => `${client} no longer asks ${inWords(block)}, which was answered ${block.answer}`)
  return [...sentences, ...missing].sort()
}
