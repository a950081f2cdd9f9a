/** containerd's events about tasks, as this folder's: exits of first processes, and kills for want of memory. */
import { fromBinary } from "@bufbuild/protobuf"
import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Stream } from "effect"
import { type Envelope, Events, TaskExitSchema, TaskOOMSchema } from "../proto/containerd/events.gen.ts"
import type { RuntimeError } from "../sandbox-runtime.ts"
import { type Containerd, NAMESPACE } from "./connection.ts"

export type TaskEvent =
  | {
      readonly type: "exit"
      readonly id: string
      readonly exitCode: number
      readonly exitedAt: Date | undefined
    }
  | { readonly type: "oom"; readonly id: string }

const parse = ({ topic, event }: Envelope): ReadonlyArray<TaskEvent> => {
  if (event === undefined) return []
  if (topic === "/tasks/oom") {
    return [{ type: "oom", id: fromBinary(TaskOOMSchema, event.value).containerId }]
  }
  const { containerId, id, exitStatus, exitedAt } = fromBinary(TaskExitSchema, event.value)
  // An exec'd process has an id of its own.
  if (id !== containerId) return []
  return [
    {
      type: "exit",
      id,
      exitCode: exitStatus,
      exitedAt: exitedAt === undefined ? undefined : timestampDate(exitedAt),
    },
  ]
}

/** Events from now on. Ends or fails when the line breaks. */
export const taskEvents = (containerd: Containerd): Stream.Stream<TaskEvent, RuntimeError> => {
  const filters = ["/tasks/exit", "/tasks/oom"].map((topic) => `namespace==${NAMESPACE},topic=="${topic}"`)
  return containerd
    .stream(Events.method.subscribe, { filters }, { subject: "events" })
    .pipe(Stream.flatMap((envelope) => Stream.fromIterable(parse(envelope))))
}
