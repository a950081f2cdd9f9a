/** The simulation's world, for tests that move time themselves. */
export { makeWorld, seeded, startProcess, type World } from "../../simulation/index.ts"
