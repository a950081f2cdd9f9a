import { create } from "@bufbuild/protobuf"
import { describe, expect, it } from "vitest"
import { ContainerSchema } from "../proto/containerd/containers.gen.ts"
import { ProcessSchema, Status } from "../proto/containerd/task.gen.ts"
import { hostsFile, withoutLoopback } from "./etc-files.ts"
import { HANDLER_LABEL, type Observed, statusOf } from "./status.ts"

const record = {
  handler: "gvisor",
  hostname: "h",
  labels: { a: "b" },
  createdAt: "2026-01-02T03:04:05.000Z",
} as const
const container = create(ContainerSchema, { id: "x", labels: { [HANDLER_LABEL]: "runc" } })
const exit = { exitCode: 7, exitedAt: "2026-01-02T03:05:00.000Z", oomKilled: false }
const process = (status: Status) => create(ProcessSchema, { id: "x", pid: 42, status })

const observed = (more: Partial<Observed> = {}): Observed => ({
  id: "x",
  record,
  container,
  process: process(Status.RUNNING),
  exit: undefined,
  addresses: ["10.0.0.2"],
  startedAt: undefined,
  ...more,
})

describe("a sandbox's status", () => {
  it.each<[string, Partial<Observed>, string]>([
    ["a running task", {}, "running"],
    ["a paused task", { process: process(Status.PAUSED) }, "running"],
    ["a task that was made", { process: process(Status.CREATED) }, "created"],
    ["a task that was made, its network not", { process: process(Status.CREATED), addresses: [] }, "partial"],
    ["an exit that was recorded, its task gone", { process: undefined, exit }, "exited"],
    [
      "an exit that was recorded, container and task gone",
      { process: undefined, container: undefined, exit },
      "exited",
    ],
    ["a container without a task", { process: undefined }, "partial"],
    ["a record alone: a creation that was cut", { process: undefined, container: undefined }, "partial"],
    ["a container alone: a removal that was cut", { record: undefined }, "partial"],
  ])("%s", (_, more, state) => expect(statusOf(observed(more))?.task.state).toBe(state))
  it("is none where there is nothing", () => {
    expect(
      statusOf(observed({ record: undefined, container: undefined, process: undefined })),
    ).toBeUndefined()
  })
  it("takes the handler from the container where the record is gone", () => {
    expect(statusOf(observed({ record: undefined }))?.handler).toBe("runc")
    expect(statusOf(observed())?.handler).toBe("gvisor")
  })
})

describe("the files under /etc", () => {
  it("name the sandbox by its addresses", () => {
    expect(hostsFile("web", ["10.0.0.2", "fd00::2"])).toContain("10.0.0.2\tweb\nfd00::2\tweb\n")
  })
  it("leave out name servers that a sandbox can't reach", () => {
    const text = "nameserver 127.0.0.53\nnameserver ::1\nnameserver 10.0.0.1\nsearch a.test\n"
    expect(withoutLoopback(text)).toBe("nameserver 10.0.0.1\nsearch a.test\n")
  })
})
