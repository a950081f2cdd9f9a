/** Contacts in two versions: the API server stores v2, and asks this program for v1. */
import { serveWebhooks, Webhooks } from "miren/reconciler/webhooks"
import { toV1, toV2 } from "./convert.ts"
import { Contact, type ContactV1, type ContactV2 } from "./generated/contact.gen.ts"

export const operator = serveWebhooks({
  name: "contacts.examples.miren.dev",
  webhooks: [
    Webhooks.conversion(Contact, (object, desired) =>
      // The API server asks only about versions that the definition serves.
      desired === "examples.miren.dev/v2" ? toV2(object as ContactV1) : toV1(object as ContactV2),
    ),
  ],
})
