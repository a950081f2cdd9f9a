/** A sandbox's status from what was observed of it. Pure. */
import { timestampDate } from "@bufbuild/protobuf/wkt"
import type { Container } from "../proto/containerd/containers.gen.ts"
import { type Process, Status } from "../proto/containerd/task.gen.ts"
import type { Handler, SandboxId, SandboxStatus, TaskState } from "../sandbox-runtime.ts"
import type { ExitRecord, SandboxRecord } from "./record.ts"

export interface Observed {
  readonly id: SandboxId
  readonly record: SandboxRecord | undefined
  readonly container: Container | undefined
  readonly process: Process | undefined
  readonly exit: ExitRecord | undefined
  readonly addresses: ReadonlyArray<string>
  readonly startedAt: Date | undefined
}

/** The label on a container that names its handler. */
export const HANDLER_LABEL = "miren.dev/handler"

const exited = ({ exitCode, exitedAt, oomKilled }: ExitRecord): TaskState => ({
  state: "exited",
  exitCode,
  exitedAt: new Date(exitedAt),
  oomKilled,
})

const taskOf = ({ record, container, process, exit, addresses, startedAt }: Observed): TaskState => {
  if (exit !== undefined) return exited(exit)
  if (record === undefined || container === undefined) return { state: "partial" }
  switch (process?.status) {
    case Status.CREATED:
      return addresses.length > 0 ? { state: "created" } : { state: "partial" }
    case Status.RUNNING:
    case Status.PAUSED:
    case Status.PAUSING:
      return { state: "running", pid: process.pid, startedAt }
    default:
      return { state: "partial" }
  }
}

const EPOCH = new Date(0)

const handlerOf = (container: Container | undefined): Handler =>
  container?.labels[HANDLER_LABEL] === "runc" ? "runc" : "gvisor"

/** Undefined when there is nothing of it. */
export const statusOf = (observed: Observed): SandboxStatus | undefined => {
  const { id, record, container, addresses } = observed
  if (record === undefined && container === undefined) return undefined
  return {
    id,
    handler: record?.handler ?? handlerOf(container),
    labels: record?.labels ?? {},
    addresses,
    task: taskOf(observed),
    createdAt:
      record !== undefined
        ? new Date(record.createdAt)
        : container?.createdAt === undefined
          ? EPOCH
          : timestampDate(container.createdAt),
  }
}
