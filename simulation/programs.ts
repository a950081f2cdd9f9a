/** What is put under test: controllers, which run in one program together, or programs, each by itself. */
import { type Controller, Manager } from "../reconciler/index.ts"
import type { Program, ProgramServices } from "./scenario.ts"

export type UnderTest<Env> = Controller<ProgramServices<Env>> | Program<Env>

const isProgram = <Env>(under: UnderTest<Env>): under is Program<Env> => "run" in under

export const programsOf = <Env>(under: ReadonlyArray<UnderTest<Env>>): ReadonlyArray<Program<Env>> => {
  const programs = under.filter(isProgram)
  const controllers = under.filter((each): each is Controller<ProgramServices<Env>> => !isProgram(each))
  if (controllers.length === 0) return programs
  const [first] = controllers
  const name = controllers.length === 1 && first !== undefined ? first.name : "controllers"
  return [{ name, run: Manager.start({ controllers }) }, ...programs]
}
