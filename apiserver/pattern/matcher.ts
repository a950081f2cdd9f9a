/**
 * Matching in time linear in the text: the automaton is made deterministic as texts are read, and what was worked
 * out is remembered, within bounds. Source: Thompson's construction, as RE2 uses it.
 */
import { Alphabet } from "./alphabet.ts"
import { newline, word } from "./char-set.ts"
import { type Gap, holds } from "./gap.ts"
import { MATCH_STEPS_MAX, REMEMBERED_MAX } from "./limits.ts"
import type { Instruction, Program } from "./program.ts"

interface State {
  /** Instructions alive here, in order. */
  readonly alive: ReadonlyArray<number>
  /** The class read last; -1 at the start. */
  readonly after: number
  readonly next: (State | undefined)[]
  matchesAtEnd: boolean | undefined
}

const matched: State = { alive: [], after: 0, next: [], matchesAtEnd: true }
const dead: State = { alive: [], after: 0, next: [], matchesAtEnd: false }

/** Whether a match can only begin at the start of the text. */
const isAnchored = ({ instructions, start }: Program): boolean => {
  const first = instructions[start]
  return first?.op === "assert" && first.assertion === "textStart"
}

/** A program being run; one text at a time. */
export class Matcher {
  readonly #instructions: ReadonlyArray<Instruction>
  readonly #start: number
  readonly #anchored: boolean
  readonly #asserts: boolean
  readonly #alphabet: Alphabet
  readonly #members: ReadonlyArray<Uint8Array | undefined>
  readonly #wordClasses: Uint8Array
  readonly #newlineClasses: Uint8Array
  readonly #visited: Uint32Array
  #visit = 0
  #states = new Map<string, State>()
  #first: State
  #remembered = 0
  #steps = 0

  constructor(program: Program) {
    this.#instructions = program.instructions
    this.#start = program.start
    this.#anchored = isAnchored(program)
    this.#asserts = program.instructions.some(({ op }) => op === "assert")
    const alphabet = new Alphabet(program)
    this.#alphabet = alphabet
    this.#members = program.instructions.map((each) =>
      each.op === "chars" ? alphabet.members(each.set) : undefined,
    )
    this.#wordClasses = alphabet.members(word)
    this.#newlineClasses = alphabet.members(newline)
    this.#visited = new Uint32Array(program.instructions.length)
    this.#first = this.#state([program.start], -1)
  }

  test(text: string): boolean {
    this.#steps = 0
    let state = this.#first
    for (let at = 0; at < text.length; at++) {
      let point = text.charCodeAt(at)
      if (point >= 0xd800 && point <= 0xdbff) {
        point = text.codePointAt(at) ?? point
        if (point > 0xffff) at++
      }
      const read = this.#alphabet.classOf(point)
      state = state.next[read] ?? this.#advance(state, read)
      if (state === matched) return true
      if (state === dead || this.#steps > MATCH_STEPS_MAX) return false
    }
    state.matchesAtEnd ??= this.#follow(state, undefined) === undefined
    return state.matchesAtEnd
  }

  #state(alive: ReadonlyArray<number>, after: number): State {
    const context = this.#asserts ? this.#contextOf(after) : 0
    const key = `${context}:${alive.join(",")}`
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state: State = { alive, after, next: [], matchesAtEnd: undefined }
    this.#states.set(key, state)
    return state
  }

  #contextOf(after: number): number {
    return after < 0 ? 3 : (this.#wordClasses[after] ?? 0) + 2 * (this.#newlineClasses[after] ?? 0)
  }

  #advance(state: State, read: number): State {
    const alive = this.#follow(state, read)
    this.#remembered += 1 + (alive?.length ?? 0)
    if (this.#remembered > REMEMBERED_MAX) this.#forget()
    let next = matched
    if (alive !== undefined) next = alive.length === 0 ? dead : this.#state(alive, read)
    state.next[read] = next
    return next
  }

  /** Starts the memory anew; the state in hand stays usable, since states hold what they need. */
  #forget(): void {
    this.#states = new Map()
    this.#remembered = 0
    this.#first = this.#state([this.#start], -1)
  }

  #gap(state: State, read: number | undefined): Gap {
    return {
      textStart: state.after < 0,
      textEnd: read === undefined,
      afterWord: state.after >= 0 && this.#wordClasses[state.after] === 1,
      beforeWord: read !== undefined && this.#wordClasses[read] === 1,
      afterNewline: state.after >= 0 && this.#newlineClasses[state.after] === 1,
      beforeNewline: read !== undefined && this.#newlineClasses[read] === 1,
    }
  }

  /** What is alive after reading a class (undefined: the end of the text); undefined when there is a match before. */
  #follow(state: State, read: number | undefined): ReadonlyArray<number> | undefined {
    const gap = this.#gap(state, read)
    const visit = ++this.#visit
    const after: number[] = []
    const stack = [...state.alive]
    while (stack.length > 0) {
      const at = stack.pop() ?? 0
      if (this.#visited[at] === visit) continue
      this.#visited[at] = visit
      this.#steps++
      const instruction = this.#instructions[at]
      if (instruction === undefined || instruction.op === "match") return undefined
      if (instruction.op === "split") stack.push(instruction.other, instruction.next)
      else if (instruction.op === "assert") {
        if (holds(instruction.assertion, gap)) stack.push(instruction.next)
      } else if (read !== undefined && this.#members[at]?.[read] === 1) {
        after.push(instruction.next)
      }
    }
    if (!this.#anchored) after.push(this.#start)
    return [...new Set(after)].sort((a, b) => a - b)
  }
}
