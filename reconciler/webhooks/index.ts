/** Admission and conversion webhooks served from a controller's program. Start with {@link Webhooks} and {@link serveWebhooks}. */
export type { Review, Verdict } from "./admission-review.ts"
export { type ServedWebhooks, serveWebhooks, type WebhookOptions } from "./serve-webhooks.ts"
export {
  type AdmissionOptions,
  type Convert,
  type Mutate,
  type ValidateAdmission,
  type Webhook,
  Webhooks,
} from "./webhooks.ts"
