/** What a run of a slice was asked, and what it found. */
import type { Place } from "./random.ts"
import type { Tally } from "./tally.ts"

export interface RunOptions {
  readonly seed: number
  readonly requests: number
  /** The first round; to run one alone. */
  readonly round?: number
  /** Requests from one state of the world; its usual number where absent.  */
  readonly roundSize?: number
  /** Told before each request: what a watchdog needs. */
  readonly about?: (place: Place) => void
}

export interface Failure {
  readonly place: Place
  readonly wrong: string
  /** As commands, in order. */
  readonly commands: ReadonlyArray<string>
}

export interface Report {
  readonly slice: string
  readonly tally: Tally
  readonly failures: ReadonlyArray<Failure>
  /** Bytes of heap in use after a collection, at the end of each round. */
  readonly heaps: ReadonlyArray<number>
}

const shownMax = 6_000

export const failureText = ({ place, wrong, commands }: Failure): string =>
  [
    wrong,
    `  again: npm run fuzz -- --slice ${place.slice} --seed ${place.seed} --round ${place.round} --requests ${place.index + 1}`,
    ...commands.map(
      (command) => `  ${command.length > shownMax ? `${command.slice(0, shownMax)}...` : command}`,
    ),
  ].join("\n")
