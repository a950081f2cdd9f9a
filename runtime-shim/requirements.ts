/** What a machine must have for real sandboxes, and the sentence that says what it lacks. */
import { existsSync } from "node:fs"
import { delimiter } from "node:path"
import { Effect } from "effect"
import { findExecutable } from "./command.ts"
import { RuntimeError } from "./sandbox-runtime.ts"

/** Program → the Debian package that has it. */
const packages = {
  containerd: "containerd",
  "containerd-shim-runc-v2": "containerd",
  runsc: "runsc",
  runc: "runc",
  iptables: "iptables",
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  umount: "mount",
  ip: "iproute2",
} as const

export type Program = keyof typeof packages

const missing = (subject: string, what: string, debianPackage: string) =>
  new RuntimeError({
    reason: "FailedPrecondition",
    operation: "find",
    subject,
    message: `${what} was not found: install the Debian package ${debianPackage}, or choose --runtime fake`,
  })

export const requireProgram = (name: Program): Effect.Effect<string, RuntimeError> =>
  Effect.suspend(() => {
    const found = findExecutable(name)
    return found === undefined
      ? Effect.fail(missing(name, `The program ${name}`, packages[name]))
      : Effect.succeed(found)
  })

export const requireRoot: Effect.Effect<void, RuntimeError> = Effect.suspend(() =>
  process.platform === "linux" && process.geteuid?.() === 0
    ? Effect.void
    : Effect.fail(
        new RuntimeError({
          reason: "FailedPrecondition",
          operation: "start",
          subject: "containerd",
          message:
            "Sandboxes need root on Linux: run as root, or choose --runtime fake to run without sandboxes",
        }),
      ),
)

/** The directory with the CNI plugins: one of CNI_PATH, Debian's, upstream's. */
export const requireCniPlugins = (cniPath = process.env.CNI_PATH): Effect.Effect<string, RuntimeError> =>
  Effect.suspend(() => {
    const candidates = [...(cniPath ?? "").split(delimiter), "/usr/lib/cni", "/opt/cni/bin"]
    const found = candidates.find((directory) => directory !== "" && existsSync(`${directory}/bridge`))
    return found === undefined
      ? Effect.fail(missing("cni", "The CNI plugins", "containernetworking-plugins"))
      : Effect.succeed(found)
  })
