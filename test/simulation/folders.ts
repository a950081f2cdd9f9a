/** What there is to simulate: one file each in `scenarios/` and in `known-bugs/`. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { RunnableBug } from "./known-bug.ts"
import type { Simulation } from "./simulation.ts"

const namesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort()

export const scenarioNames = namesIn("scenarios")
export const bugNames = namesIn("known-bugs")

export const loadScenario = async (name: string): Promise<Simulation> => {
  const { main }: { readonly main: Simulation } = await import(`./scenarios/${name}.ts`)
  return main
}

export const loadBug = async (name: string): Promise<RunnableBug> => {
  const { bug }: { readonly bug: RunnableBug } = await import(`./known-bugs/${name}.ts`)
  return bug
}

/** Which simulation, said so that a worker finds it: `scenarios/NAME`, `known-bugs/NAME/wrong`. */
export const loadSimulation = async (of: string): Promise<Simulation> => {
  const [folder, name = "", side] = of.split("/")
  if (folder === "scenarios") return loadScenario(name)
  const bug = await loadBug(name)
  return side === "wrong" ? bug.wrong : bug.right
}
