/** The sandbox that logs, exec and attach speak of: `NAME`, `sandbox/NAME` or `sb/NAME`. */
import type { Resource } from "./discovery.ts"
import { CliFailure } from "./failure.ts"

/** Known without asking the server, so that they take one request. */
const sandboxes: Resource = {
  group: "compute.miren.dev",
  version: "v1alpha1",
  kind: "Sandbox",
  plural: "sandboxes",
  singular: "sandbox",
  namespaced: true,
  shortNames: ["sb"],
  categories: [],
  verbs: [],
}

const words = ["sb", "sandbox", "sandboxes", "sandbox.compute.miren.dev", "sandboxes.compute.miren.dev"]

/** Fails with CliFailure Usage. */
export const sandboxOf = (
  operands: ReadonlyArray<string>,
  command: string,
): { readonly resource: Resource; readonly name: string } => {
  const [operand = "", ...more] = operands
  if (operand === "" || more.length > 0)
    throw new CliFailure("Usage", `${command} takes one sandbox: \`mctl ${command} NAME\``)
  const [first = "", second, ...rest] = operand.split("/")
  if (second === undefined) return { resource: sandboxes, name: first }
  if (!words.includes(first.toLowerCase()) || second === "" || rest.length > 0)
    throw new CliFailure(
      "Usage",
      `${command} is for sandboxes: NAME or sandbox/NAME, not ${JSON.stringify(operand)}`,
    )
  return { resource: sandboxes, name: second }
}
