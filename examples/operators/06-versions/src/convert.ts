/** v1 and v2 of a Contact, and back: nothing is lost on the way, also of names with odd spaces. */
import type { ContactV1, ContactV2 } from "./generated/contact.gen.ts"

/** The last name is what follows the last space; the space itself belongs to no name, and comes back. */
export const toV2 = ({ metadata, spec }: ContactV1): ContactV2 => {
  const at = spec.name.lastIndexOf(" ")
  const names = at === -1 ? {} : { firstName: spec.name.slice(0, at) }
  return {
    apiVersion: "examples.miren.dev/v2",
    kind: "Contact",
    metadata,
    spec: { ...names, lastName: spec.name.slice(at + 1) },
  }
}

export const toV1 = ({ metadata, spec }: ContactV2): ContactV1 => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Contact",
  metadata,
  spec: { name: spec.firstName === undefined ? spec.lastName : `${spec.firstName} ${spec.lastName}` },
})
