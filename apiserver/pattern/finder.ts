/**
 * Where a match is, in time linear in the text: all ways to match are followed at once, best first.
 * Source: Pike's simulation, as RE2 uses it.
 */
import { Alphabet } from "./alphabet.ts"
import { newline, word } from "./char-set.ts"
import { type Gap, holds } from "./gap.ts"
import { MATCH_STEPS_MAX } from "./limits.ts"
import type { Instruction, Program } from "./program.ts"

/** A match as offsets, its end behind it. */
export interface Match {
  readonly start: number
  readonly end: number
  /** How far the text had to be read to know. */
  readonly read: number
}

interface Thread {
  readonly at: number
  readonly start: number
}

/** What is read next in a text, or its end. */
interface Reading {
  readonly class: number | undefined
  readonly length: number
}

/** A program being run for the places of its matches; one text at a time. */
export class Finder {
  readonly #instructions: ReadonlyArray<Instruction>
  readonly #start: number
  readonly #alphabet: Alphabet
  readonly #members: ReadonlyArray<Uint8Array | undefined>
  readonly #wordClasses: Uint8Array
  readonly #newlineClasses: Uint8Array
  readonly #visited: Uint32Array
  #visit = 0
  #steps = 0

  constructor(program: Program) {
    this.#instructions = program.instructions
    this.#start = program.start
    this.#alphabet = new Alphabet(program)
    this.#members = program.instructions.map((each) =>
      each.op === "chars" ? this.#alphabet.members(each.set) : undefined,
    )
    this.#wordClasses = this.#alphabet.members(word)
    this.#newlineClasses = this.#alphabet.members(newline)
    this.#visited = new Uint32Array(program.instructions.length)
  }

  find(text: string, from: number): Match | undefined {
    this.#steps = 0
    let threads: ReadonlyArray<Thread> = []
    let found: { readonly start: number; readonly end: number } | undefined
    let before = this.#before(text, from)
    for (let at = from; ; ) {
      const reading = this.#read(text, at)
      const starts = found === undefined ? [...threads, { at: this.#start, start: at }] : threads
      const { next, match } = this.#advance(starts, this.#gap(before, reading), reading)
      if (match !== undefined) found = { start: match, end: at }
      threads = next
      const isOver = reading.class === undefined || this.#steps > MATCH_STEPS_MAX
      if (isOver || (threads.length === 0 && found !== undefined)) return found && { ...found, read: at }
      before = reading.class
      at += reading.length
    }
  }

  #read(text: string, at: number): Reading {
    const point = text.codePointAt(at)
    if (point === undefined) return { class: undefined, length: 0 }
    return { class: this.#alphabet.classOf(point), length: point > 0xffff ? 2 : 1 }
  }

  #before(text: string, at: number): number | undefined {
    if (at === 0) return undefined
    const isPair = /[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, at - 2), at))
    return this.#alphabet.classOf(text.codePointAt(at - (isPair ? 2 : 1)) ?? 0)
  }

  #gap(before: number | undefined, { class: next }: Reading): Gap {
    return {
      textStart: before === undefined,
      textEnd: next === undefined,
      afterWord: before !== undefined && this.#wordClasses[before] === 1,
      beforeWord: next !== undefined && this.#wordClasses[next] === 1,
      afterNewline: before !== undefined && this.#newlineClasses[before] === 1,
      beforeNewline: next !== undefined && this.#newlineClasses[next] === 1,
    }
  }

  /** Follows threads, best first, over one character; where one matches, those behind it are cut off. */
  #advance(
    threads: ReadonlyArray<Thread>,
    gap: Gap,
    { class: read }: Reading,
  ): { readonly next: ReadonlyArray<Thread>; readonly match: number | undefined } {
    const visit = ++this.#visit
    const next: Thread[] = []
    for (const { at: first, start } of threads) {
      const stack = [first]
      while (stack.length > 0) {
        const at = stack.pop() ?? 0
        if (this.#visited[at] === visit) continue
        this.#visited[at] = visit
        this.#steps++
        const instruction = this.#instructions[at]
        if (instruction === undefined || instruction.op === "match") return { next, match: start }
        if (instruction.op === "split") stack.push(instruction.other, instruction.next)
        else if (instruction.op === "assert") {
          if (holds(instruction.assertion, gap)) stack.push(instruction.next)
        } else if (read !== undefined && this.#members[at]?.[read] === 1)
          next.push({ at: instruction.next, start })
      }
    }
    return { next, match: undefined }
  }
}
