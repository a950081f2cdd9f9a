/**
 * The default roles and bindings brought into being, and kept complete: what is missing is added, what people added
 * stays. `rbac.authorization.kubernetes.io/autoupdate: "false"` leaves an object to people altogether.
 */
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { changeByServer, createByServer } from "../registry/server-write.ts"
import { uncovered } from "./covering.ts"
import { type DefaultBinding, type DefaultRole, defaultBindings, defaultRoles } from "./default-policy.ts"
import { parseRules, rbacGroup, ruleDocument } from "./policy-rule.ts"

const autoupdate = "rbac.authorization.kubernetes.io/autoupdate"
const bootstrapLabel = { "kubernetes.io/bootstrapping": "rbac-defaults" }

const metadata = (name: string, labels: { readonly [key: string]: string } = {}): MutableObject => ({
  name,
  labels: { ...bootstrapLabel, ...labels },
  annotations: { [autoupdate]: "true" },
})

const roleDocument = (role: DefaultRole): MutableObject => ({
  metadata: metadata(role.name, role.labels),
  rules: role.rules.map(ruleDocument),
  ...(role.aggregates === undefined
    ? {}
    : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { ...role.aggregates } }] } }),
})

const bindingDocument = (binding: DefaultBinding): MutableObject => ({
  metadata: metadata(binding.name),
  roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: binding.role },
  subjects: binding.subjects.map((subject) => ({ apiGroup: rbacGroup, ...subject })),
})

const leftToPeople = (object: MutableObject): boolean => {
  const { annotations } = metadataOf(object)
  return isObject(annotations) && stringOf(annotations, autoupdate) === "false"
}

const listOf = (value: MutableJson | undefined): MutableJson[] => (Array.isArray(value) ? value : [])

/** Labels and annotations that the default has and the object lacks. */
const completeMetadata = (object: MutableObject, wanted: MutableObject): void => {
  const to = metadataOf(object)
  const from = metadataOf(wanted)
  for (const key of ["labels", "annotations"]) {
    const held = to[key]
    const add = from[key]
    if (isObject(add)) to[key] = { ...(isObject(held) ? held : {}), ...add }
  }
}

const completeRole = (object: MutableObject, wanted: MutableObject): void => {
  completeMetadata(object, wanted)
  if (wanted.aggregationRule !== undefined) {
    object.aggregationRule = structuredClone(wanted.aggregationRule)
    return
  }
  const missing = uncovered(parseRules(object.rules), parseRules(wanted.rules))
  if (missing.length > 0) object.rules = [...listOf(object.rules), ...missing.map(ruleDocument)]
}

const completeBinding = (object: MutableObject, wanted: MutableObject): void => {
  completeMetadata(object, wanted)
  const held = listOf(object.subjects)
  const missing = listOf(wanted.subjects).filter((subject) => !held.some((other) => equal(other, subject)))
  object.subjects = [...held, ...missing]
}

interface Defaults {
  readonly plural: string
  readonly documents: ReadonlyArray<MutableObject>
  readonly complete: (object: MutableObject, wanted: MutableObject) => void
}

const all: ReadonlyArray<Defaults> = [
  { plural: "clusterroles", documents: defaultRoles.map(roleDocument), complete: completeRole },
  {
    plural: "clusterrolebindings",
    documents: defaultBindings.map(bindingDocument),
    complete: completeBinding,
  },
]

const ensureOne = async (
  context: RegistryContext,
  { plural, complete }: Defaults,
  wanted: MutableObject,
): Promise<void> => {
  const resource = context.resources.get(`${rbacGroup}/${plural}`)
  if (resource === undefined) return
  const name = stringOf(metadataOf(wanted), "name")
  const found = context.cache.get(resource).get(resource.key("", name))
  if (found === undefined) {
    await createByServer(context, resource, structuredClone(wanted))
    return
  }
  const completed = decodeDocument(found.bytes)
  if (leftToPeople(completed)) return
  complete(completed, wanted)
  if (equal(completed, decodeDocument(found.bytes))) return
  await changeByServer(context, {
    resource,
    name,
    subresource: "",
    change: (object) => complete(object, wanted),
  })
}

/** Brings them all up to date; one that cannot be is reported, and the rest go on. */
export const ensureDefaultPolicy = async (
  context: RegistryContext,
  onFault: (message: string, cause: unknown) => void,
): Promise<void> => {
  const writes = all.flatMap((defaults) =>
    defaults.documents.map((wanted) =>
      ensureOne(context, defaults, wanted).catch((cause: unknown) =>
        onFault("a default role or binding could not be brought up to date", cause),
      ),
    ),
  )
  await Promise.all(writes)
}
