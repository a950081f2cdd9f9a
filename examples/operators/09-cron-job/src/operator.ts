/** Runs sandboxes on a schedule: Kubernetes' CronJob (and the kubebuilder book's), thought anew for our kinds. */
import { Clock, Duration, Effect } from "effect"
import { Client, isReason } from "miren/client"
import {
  Controller,
  controllerReference,
  Informers,
  isControlledBy,
  Manager,
  makeApplier,
  type Request,
  Result,
  rfc3339,
  setCondition,
} from "miren/reconciler"
import { Sandbox, type SandboxSpec } from "miren/schemas"
import { CronSandbox } from "./generated/cronsandbox.gen.ts"
import { type Plan, plan } from "./plan.ts"

const name = "cron-sandbox-operator"

const sandboxOf = (cron: CronSandbox, run: string): Sandbox => {
  // The API server judges the template when a Sandbox is made of it.
  const template = cron.spec.template as unknown as SandboxSpec
  const restartPolicy = template.restartPolicy === "OnFailure" ? "OnFailure" : "Never"
  return {
    apiVersion: "compute.miren.dev/v1alpha1",
    kind: "Sandbox",
    metadata: {
      name: run,
      namespace: cron.metadata.namespace ?? "",
      ownerReferences: [controllerReference(CronSandbox, cron)],
    },
    spec: { ...template, restartPolicy },
  }
}

const cronController = Effect.gen(function* () {
  const client = yield* Client
  const informers = yield* Informers
  const crons = yield* informers.get(CronSandbox)
  const sandboxes = yield* informers.get(Sandbox)
  const { applyStatus } = yield* makeApplier(name)

  const observe = Effect.fnUntraced(function* (cron: CronSandbox) {
    const own = sandboxes.lister.list(cron.metadata.namespace).filter((one) => isControlledBy(one, cron))
    return { cron, sandboxes: own, nowMs: yield* Clock.currentTimeMillis }
  })

  const remove = ({ metadata }: Sandbox) => {
    const { namespace = "", uid } = metadata
    const preconditions = uid === undefined ? {} : { preconditions: { uid } }
    return client
      .delete(
        Sandbox,
        { namespace, name: metadata.name },
        { propagationPolicy: "Background", ...preconditions },
      )
      .pipe(Effect.catchIf(isReason("NotFound", "Conflict"), () => Effect.void))
  }

  const start = Effect.fnUntraced(function* (cron: CronSandbox, { start: run, replaced }: Plan) {
    if (run === undefined) return
    for (const sandbox of replaced) yield* remove(sandbox)
    yield* client
      .create(Sandbox, sandboxOf(cron, run.name), { fieldManager: name })
      .pipe(Effect.catchIf(isReason("AlreadyExists"), () => Effect.void))
  })

  const tell = Effect.fnUntraced(function* (cron: CronSandbox, planned: Plan) {
    const { active, lastScheduleMs, condition } = planned
    const { generation } = cron.metadata
    const scheduled = {
      type: "Scheduled",
      ...condition,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    const conditions = setCondition(
      cron.status?.conditions,
      scheduled,
      rfc3339(yield* Clock.currentTimeMillis),
    )
    yield* applyStatus(CronSandbox, cron, {
      active,
      ...(lastScheduleMs === undefined ? {} : { lastScheduleTime: rfc3339(lastScheduleMs) }),
      conditions,
    })
  })

  const reconcile = Effect.fnUntraced(function* (request: Request) {
    const cached = crons.lister.get(request)
    if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) return Result.Done()
    let cron = cached
    let planned = plan(yield* observe(cron))
    if (planned.start !== undefined) {
      // A cache may be behind what was started last: nothing is started on its word alone.
      cron = yield* client.get(CronSandbox, request)
      planned = plan(yield* observe(cron))
    }
    yield* start(cron, planned)
    // Before ended runs go: a run that is no more, and not told of, would be started again.
    yield* tell(cron, planned)
    for (const sandbox of planned.expired) yield* remove(sandbox)
    const { nextMs } = planned
    if (nextMs === undefined) return Result.Done()
    return Result.RequeueAfter({
      delay: Duration.millis(Math.max(0, nextMs - (yield* Clock.currentTimeMillis))),
    })
  })
  const gone = Effect.catchIf(isReason("NotFound"), () => Effect.succeed(Result.Done()))
  return Controller.make({
    name,
    for: CronSandbox,
    owns: [Sandbox],
    concurrency: 4,
    reconcile: (request) => gone(reconcile(request)),
  })
})

export const operator = Effect.flatMap(cronController, (crons) => Manager.start({ controllers: [crons] }))
