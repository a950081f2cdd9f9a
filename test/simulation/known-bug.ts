/**
 * A bug that operators are known to have, written down as a reconciler that has it and one that does not.
 *
 * Each file in `known-bugs/` exports one as `bug`, through {@link knownBug}. The simulation must find what is wrong with `wrong`, and
 * nothing wrong with `right`, in the same scenario. A bug whose scenario would pass with controllers that do nothing at all
 * shows nothing: say in its invariants what must have been done.
 */
import type { Program, Scenario } from "../../simulation/index.ts"
import { type Simulation, simulation } from "./simulation.ts"

/** What goes wrong, whatever the operator is for. The first four are those of Sieve (Sun et al., OSDI 2022), and one beside. */
export type BugClass =
  | "intermediate state"
  | "stale state"
  | "unobserved state"
  | "lost update"
  | "no level"
  | "leak"
  | "hot loop"
  | "ordering"
  | "two leaders"
  | "ownership"
  | "flapping"
  | "deadlock"

export interface KnownBug<Env = never> {
  /** What the wrong one does: "creates twice after a crash". */
  readonly name: string
  readonly class: BugClass
  /** Why one writes it so, and what happens then. One or two sentences. */
  readonly story: string
  readonly wrong: ReadonlyArray<Program<Env>>
  readonly right: ReadonlyArray<Program<Env>>
  readonly scenario: Scenario<Env>
  /** The invariant that the wrong one breaks; any where absent. */
  readonly breaks?: string
}

/** A known bug of whatever environment, ready to be run. */
export interface RunnableBug {
  readonly name: string
  readonly class: BugClass
  readonly story: string
  readonly breaks: string | undefined
  readonly wrong: Simulation
  readonly right: Simulation
}

export const knownBug = <Env = never>(bug: KnownBug<Env>): RunnableBug => ({
  name: bug.name,
  class: bug.class,
  story: bug.story,
  breaks: bug.breaks,
  wrong: simulation(bug.wrong, bug.scenario),
  right: simulation(bug.right, bug.scenario),
})
