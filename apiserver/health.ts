/** `/healthz`, `/livez`, `/readyz`: plain answers for probes. Source: apiserver server/healthz. */
import type { Call } from "./call.ts"
import type { PathRequestInfo } from "./request-info.ts"
import { sendText } from "./wire/response.ts"

export interface HealthCheck {
  readonly name: string
  /** Checks of liveness are asked by all three paths, of readiness by /readyz and /healthz. */
  readonly about: "liveness" | "readiness"
  readonly healthy: () => boolean
}

const roots = ["healthz", "livez", "readyz"]

export class HealthHandler {
  readonly #checks: ReadonlyArray<HealthCheck>

  constructor(checks: ReadonlyArray<HealthCheck>) {
    this.#checks = checks
  }

  async handle(call: Call<PathRequestInfo>): Promise<boolean> {
    const [root = "", name, more] = call.info.parts
    if (!roots.includes(root) || more !== undefined) return false
    const asked = this.#checks.filter((check) => root !== "livez" || check.about === "liveness")
    if (name !== undefined) {
      const check = asked.find((candidate) => candidate.name === name)
      if (check === undefined) return false
      await this.#answer(call, root, [check])
      return true
    }
    const excluded = new Set(call.info.query.getAll("exclude"))
    await this.#answer(
      call,
      root,
      asked.filter((check) => !excluded.has(check.name)),
    )
    return true
  }

  async #answer(call: Call, root: string, checks: ReadonlyArray<HealthCheck>): Promise<void> {
    const results = checks.map((check) => ({ name: check.name, ok: check.healthy() }))
    const healthy = results.every((result) => result.ok)
    const verbose = call.info.query.has("verbose")
    if (healthy && !verbose) return sendText(call, 200, "ok")
    const lines = results.map(({ name, ok }) => (ok ? `[+]${name} ok` : `[-]${name} failed: reason withheld`))
    await sendText(
      call,
      healthy ? 200 : 500,
      `${lines.join("\n")}\n${root} check ${healthy ? "passed" : "failed"}\n`,
    )
  }
}
