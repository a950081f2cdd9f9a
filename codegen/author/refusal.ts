/** Why a command of `miren` did nothing: sentences for the person who typed it, that say what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal"
}
