/** Until when a runner leaves alone what has failed, by Sandbox and generation: a changed spec is tried at once. Plain. */
import type { Sandbox } from "../../schemas/index.ts"

export class Holds {
  readonly #until = new Map<string, { readonly generation: number | undefined; readonly at: number }>()

  hold({ metadata }: Sandbox, at: number): void {
    this.#until.set(metadata.uid ?? "", { generation: metadata.generation, at })
  }

  until({ metadata }: Sandbox): number | undefined {
    const held = this.#until.get(metadata.uid ?? "")
    return held?.generation === metadata.generation ? held?.at : undefined
  }

  release({ metadata }: Sandbox): void {
    this.#until.delete(metadata.uid ?? "")
  }
}
