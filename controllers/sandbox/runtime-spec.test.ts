import { Result } from "effect"
import { describe, expect, test } from "vitest"
import type { RuntimeInfo } from "../../runtime-shim/index.ts"
import type { Sandbox, SandboxContainer } from "../../schemas/index.ts"
import { identityOf, labelsOf, runtimeIdOf } from "./identity.ts"
import { type DesiredRuntime, desiredRuntimeOf } from "./runtime-spec.ts"

const sandbox = (container: Partial<SandboxContainer>, spec: Partial<Sandbox["spec"]> = {}): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name: "web", namespace: "default" },
  spec: { containers: [{ name: "main", image: "busybox", ...container }], ...spec },
})

const info = (...handlers: ReadonlyArray<"gvisor" | "runc">): RuntimeInfo => ({
  name: "fake",
  containerdVersion: "none",
  cgroup: "none",
  handlers: handlers.map((handler) => ({ handler, version: "1", platform: "none", network: "netstack" })),
})

const desired = (object: Sandbox): DesiredRuntime =>
  Result.getOrThrow(desiredRuntimeOf(object, info("gvisor", "runc")))

describe("what the runtime is asked to run", () => {
  test("says no more than the spec", () => {
    expect(desired(sandbox({})).spec).toEqual({
      handler: "gvisor",
      hostname: "web",
      ports: [],
      containers: [{ name: "main", image: "busybox", env: [], resources: {} }],
    })
  })

  test("takes the node's first handler where the spec chooses none", () => {
    expect(Result.getOrThrow(desiredRuntimeOf(sandbox({}), info("runc", "gvisor"))).spec.handler).toBe("runc")
  })

  test("says all that the spec says", () => {
    const object = sandbox(
      {
        command: ["sh"],
        args: ["-c", "true"],
        workingDir: "/srv",
        env: [{ name: "A", value: "1" }, { name: "EMPTY" }],
        resources: { limits: { cpu: "1.5", memory: "256Mi", pids: 200 } },
        tty: true,
        stdin: true,
        stdinOnce: true,
        securityContext: { runAsUser: 7, runAsGroup: 8, readOnlyRootFilesystem: true },
        ports: [
          { containerPort: 80 },
          { containerPort: 53, hostPort: 5353, protocol: "UDP", hostIP: "127.0.0.2" },
          { containerPort: 80, hostPort: 8080 },
        ],
      },
      { runtimeHandler: "runc", hostname: "other" },
    )
    expect(desired(object).spec).toEqual({
      handler: "runc",
      hostname: "other",
      ports: [
        { containerPort: 53, hostPort: 5353, protocol: "udp", hostIP: "127.0.0.2" },
        { containerPort: 80, hostPort: 8080, protocol: "tcp" },
      ],
      containers: [
        {
          name: "main",
          image: "busybox",
          command: ["sh"],
          args: ["-c", "true"],
          workingDir: "/srv",
          env: [
            { name: "A", value: "1" },
            { name: "EMPTY", value: "" },
          ],
          resources: { cpuMillis: 1500, memoryBytes: 268_435_456, pids: 200 },
          tty: true,
          stdin: true,
          stdinOnce: true,
          readOnlyRoot: true,
          user: { uid: 7, gid: 8 },
        },
      ],
    })
  })

  test.each([
    ["a long name is cut to a host name", "a".repeat(62).concat("-b"), "a".repeat(62)],
    ["a name with dots is a host name without them", "web.example", "web-example"],
  ])("%s", (_name, name, hostname) => {
    expect(desired({ ...sandbox({}), metadata: { name } }).spec.hostname).toBe(hostname)
  })

  test.each<[string, string | number]>([
    ["nothing at all", 0],
    ["a word", "much"],
    ["less than nothing", "-1"],
  ])("is refused with a limit of %s", (_name, memory) => {
    expect(
      Result.isFailure(desiredRuntimeOf(sandbox({ resources: { limits: { memory } } }), info("gvisor"))),
    ).toBe(true)
  })
})

describe("its hash", () => {
  const hash = (container: Partial<SandboxContainer>, spec: Partial<Sandbox["spec"]> = {}) =>
    desired(sandbox(container, spec)).hash

  test("is another for every change of what runs", () => {
    const hashes = [
      hash({}),
      hash({ image: "other" }),
      hash({ command: ["x"] }),
      hash({ args: ["x"] }),
      hash({ env: [{ name: "A", value: "1" }] }),
      hash({ resources: { limits: { memory: "1Gi" } } }),
      hash({}, { hostname: "other" }),
      hash({}, { runtimeHandler: "runc" }),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test("is the same for what makes no difference to what runs", () => {
    expect(hash({ resources: { limits: { memory: "1Gi" } } })).toBe(
      hash({ resources: { limits: { memory: "1024Mi" } } }),
    )
    expect(hash({}, { restartPolicy: "Never", terminationGracePeriodSeconds: 1 })).toBe(hash({}))
  })
})

describe("an identity", () => {
  const identity = { namespace: "ns", name: "n", uid: "u", attempt: 3, specHash: "h", backoffSeconds: 20 }

  test("is read from the labels that tell it", () => {
    expect(identityOf({ labels: labelsOf(identity) })).toEqual(identity)
  })

  test.each<[string, { readonly [label: string]: string }]>([
    ["other labels", { app: "x" }],
    ["labels without a name", { ...labelsOf(identity), "compute.miren.dev/name": "" }],
    ["an attempt that is no number", { ...labelsOf(identity), "compute.miren.dev/attempt": "x" }],
  ])("is none in %s", (_name, labels) => {
    expect(identityOf({ labels })).toBeUndefined()
  })

  test("has an id for each attempt, of the form that the runtime wants", () => {
    expect(runtimeIdOf("u", 0)).toMatch(/^[0-9a-f]{32}$/)
    expect(runtimeIdOf("u", 0)).toBe(runtimeIdOf("u", 0))
    expect(runtimeIdOf("u", 1)).not.toBe(runtimeIdOf("u", 0))
    expect(runtimeIdOf("u1", 1)).not.toBe(runtimeIdOf("u", 11))
  })
})
