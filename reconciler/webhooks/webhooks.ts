/**
 * Webhooks as plain functions over typed objects. Start with {@link Webhooks}; run them by `serveWebhooks`.
 *
 * A function may be async. It must answer the same for the same question, have no effects (dry runs ask too), and be quick. What
 * it throws is logged here, not told to who asked; then `failurePolicy` decides, which is `Fail` unless it is set.
 */
import type {
  JsonObject,
  Kind,
  KubeObject,
  ValidatingWebhookConfigurationWebhook,
} from "../../schemas/index.ts"
import { apiVersionOf } from "../../schemas/index.ts"
import { parseReview, type Review, reviewAnswer, type Verdict } from "./admission-review.ts"
import { converted, notConverted, parseConversion } from "./conversion-review.ts"
import { jsonPatch } from "./json-patch.ts"
import { maxConversionBytes, maxReviewBytes } from "./limits.ts"

type Answered<A> = A | Promise<A>

/** Nothing returned: allowed. */
export type ValidateAdmission<T extends KubeObject> = (review: Review<T>) => Answered<Verdict | undefined>
/** The object as it is to be, or a refusal. Nothing returned, or the very object: as it is. The object given must not be changed. */
export type Mutate<T extends KubeObject> = (object: T, review: Review<T>) => Answered<T | Verdict | undefined>
/** The object in the version that is wanted (`group/version`). metadata must stay but for labels and annotations. */
export type Convert = (object: KubeObject, desiredAPIVersion: string) => Answered<KubeObject>

export interface AdmissionOptions {
  /** Absent: CREATE and UPDATE. */
  readonly operations?: ReadonlyArray<"CREATE" | "UPDATE" | "DELETE">
  /** A subresource to be asked about: `status`. Absent: the object itself. */
  readonly subresource?: string
  /** What an unanswered question means. Absent: Fail. */
  readonly failurePolicy?: "Fail" | "Ignore"
  readonly timeoutSeconds?: number
  readonly namespaceSelector?: NonNullable<ValidatingWebhookConfigurationWebhook["namespaceSelector"]>
  readonly objectSelector?: NonNullable<ValidatingWebhookConfigurationWebhook["objectSelector"]>
  readonly matchConditions?: NonNullable<ValidatingWebhookConfigurationWebhook["matchConditions"]>
}

export interface Webhook {
  readonly type: "validating" | "mutating" | "conversion"
  readonly kind: Kind
  readonly options: AdmissionOptions
  /** Unique among those served together. */
  readonly path: string
  readonly maxBytes: number
  /** The review that answers a review. Throws for one that cannot be read. */
  readonly answer: (review: unknown) => Promise<JsonObject>
}

const pathOf = (type: Webhook["type"], kind: Kind, subresource: string | undefined): string => {
  const resource = `${kind.group === "" ? "core" : kind.group}/${kind.version}/${kind.plural}`
  return `/${type}/${resource}${subresource === undefined ? "" : `/${subresource}`}`
}

const isVerdict = (answer: object): answer is Verdict => "allowed" in answer && !("metadata" in answer)

const asDocument = (object: KubeObject): JsonObject => object as unknown as JsonObject

/** What a conversion may not do. Source: Kubernetes, "Webhook request and response". */
const wrongConversion = (from: KubeObject, to: KubeObject, desired: string): string | undefined => {
  if (to.apiVersion !== desired)
    return `${from.kind} ${from.metadata.name} was converted to ${to.apiVersion}, not ${desired}`
  if (to.kind !== from.kind) return `${from.kind} ${from.metadata.name} became a ${to.kind}`
  const same = (["name", "namespace", "uid"] as const).every(
    (name) => to.metadata?.[name] === from.metadata[name],
  )
  return same ? undefined : `${from.kind} ${from.metadata.name} lost its name, namespace or uid`
}

export const Webhooks = {
  validating: <T extends KubeObject>(
    kind: Kind<T>,
    validate: ValidateAdmission<T>,
    options: AdmissionOptions = {},
  ): Webhook => ({
    type: "validating",
    kind,
    options,
    path: pathOf("validating", kind, options.subresource),
    maxBytes: maxReviewBytes,
    answer: async (document) => {
      const review = parseReview<T>(document)
      return reviewAnswer(review.uid, (await validate(review)) ?? { allowed: true })
    },
  }),

  mutating: <T extends KubeObject>(
    kind: Kind<T>,
    mutate: Mutate<T>,
    options: AdmissionOptions = {},
  ): Webhook => ({
    type: "mutating",
    kind,
    options,
    path: pathOf("mutating", kind, options.subresource),
    maxBytes: maxReviewBytes,
    answer: async (document) => {
      const review = parseReview<T>(document)
      const { object } = review
      const answer = object === undefined ? undefined : await mutate(object, review)
      if (answer === undefined || object === undefined) return reviewAnswer(review.uid, { allowed: true })
      if (isVerdict(answer)) return reviewAnswer(review.uid, answer)
      return reviewAnswer(review.uid, { allowed: true }, jsonPatch(asDocument(object), asDocument(answer)))
    },
  }),

  /** Of all versions of the kind's resource; the kind's own version makes no difference. */
  conversion: (kind: Kind, convert: Convert): Webhook => ({
    type: "conversion",
    kind,
    options: {},
    path: `/conversion/${kind.group}/${kind.plural}`,
    maxBytes: maxConversionBytes,
    answer: async (document) => {
      const { uid, desiredAPIVersion, objects } = parseConversion(document)
      const done: Array<KubeObject> = []
      for (const object of objects) {
        const to = object.apiVersion === desiredAPIVersion ? object : await convert(object, desiredAPIVersion)
        const wrong = wrongConversion(object, to, desiredAPIVersion)
        if (wrong !== undefined) return notConverted(uid, wrong)
        done.push(to)
      }
      return converted(uid, done)
    },
  }),
}

/** What is asked about, as a rule of a webhook configuration. */
export const ruleOf = ({ kind, options }: Webhook) => ({
  operations: [...(options.operations ?? (["CREATE", "UPDATE"] as const))],
  apiGroups: [kind.group],
  apiVersions: [kind.version],
  resources: [options.subresource === undefined ? kind.plural : `${kind.plural}/${options.subresource}`],
  scope: "*" as const,
})

export const describe = (webhook: Webhook): string =>
  `${webhook.type} webhook of ${apiVersionOf(webhook.kind)} ${webhook.kind.kind}`
