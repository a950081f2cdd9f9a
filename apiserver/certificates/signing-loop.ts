/** The signer: gives approved requests of the cluster's own signers a certificate, or says why it does not. */
import { timestamp } from "../ambient.ts"
import { LevelWorker } from "../level-worker.ts"
import type { MutableObject } from "../machinery.ts"
import type { KeyPair } from "../pki/certificate.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { stringOf } from "../registry/object-meta.ts"
import { changeByServer } from "../registry/server-write.ts"
import type { Resource } from "../resource.ts"
import type { CacheEvent } from "../watch-cache/event-window.ts"
import { csrId, namesOf, parseRequest, signerOf, specOf, usagesOf } from "./certificate-request.ts"
import { conditionsOf, hasCondition, statusOf } from "./conditions.ts"
import { certificateLimits } from "./limits.ts"
import { signRequest } from "./sign.ts"
import { signerRule } from "./signers.ts"

export interface SigningLoopOptions {
  readonly context: RegistryContext
  readonly ca: KeyPair
  readonly onFault: (message: string, cause: unknown) => void
}

/** Whether there is anything to do about a request. */
const waits = (csr: MutableObject): boolean =>
  signerRule(signerOf(csr)) !== undefined &&
  hasCondition(csr, "Approved") &&
  !hasCondition(csr, "Failed") &&
  stringOf(statusOf(csr), "certificate") === ""

export class SigningLoop {
  readonly #context: RegistryContext
  readonly #ca: KeyPair
  readonly #worker: LevelWorker

  constructor({ context, ca, onFault }: SigningLoopOptions) {
    this.#context = context
    this.#ca = ca
    this.#worker = new LevelWorker({
      ambient: context.ambient,
      does: "the signing of a certificate",
      reconcile: (name) => this.#reconcile(name),
      onFault,
    })
  }

  changed(resource: Resource, { type, object }: CacheEvent): void {
    if (resource.id === csrId && type !== "DELETED") this.#worker.enqueue(object.name)
  }

  loaded(): void {
    const resource = this.#context.resources.get(csrId)
    if (resource === undefined) return
    for (const { name } of this.#context.cache.get(resource).all()) this.#worker.enqueue(name)
  }

  idle(): Promise<void> {
    return this.#worker.idle()
  }

  close(): void {
    this.#worker.close()
  }

  async #reconcile(name: string): Promise<void> {
    const resource = this.#context.resources.get(csrId)
    const found = resource && this.#context.cache.get(resource).get(resource.key("", name))
    if (resource === undefined || found === undefined) return
    const csr = decodeDocument(found.bytes)
    if (!waits(csr)) return
    const outcome = await this.#sign(csr)
    await changeByServer(this.#context, {
      resource,
      name,
      subresource: "status",
      change: (current) => {
        if (waits(current)) outcome(current)
      },
    })
  }

  /** What becomes of the request. */
  async #sign(csr: MutableObject): Promise<(csr: MutableObject) => void> {
    const now = this.#context.ambient.now()
    const request = parseRequest(csr)
    const problem = signerRule(signerOf(csr))?.(namesOf(request), csr)
    if (problem !== undefined) return (current) => fail(current, problem, timestamp(now))
    const wanted = specOf(csr).expirationSeconds
    const seconds = typeof wanted === "number" ? wanted : certificateLimits.secondsMax
    const pem = await signRequest({ request, usages: usagesOf(csr), seconds, now, ca: this.#ca })
    return (current) => {
      statusOf(current).certificate = Buffer.from(pem).toString("base64")
    }
  }
}

const fail = (csr: MutableObject, message: string, now: string): void => {
  const condition = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  }
  statusOf(csr).conditions = [...conditionsOf(csr), condition]
}
