/** Where two runs of a program wrote something else, object by object. Pure. */
import type { Json, JsonObject } from "../schemas/index.ts"

/** A write that a server has accepted. */
export interface AcceptedWrite {
  readonly atMs: number
  /** `update sandboxes.compute.miren.dev/status default/a`. */
  readonly what: string
  /** Whose object: `sandboxes.compute.miren.dev default/a`. */
  readonly object: string
  readonly body: Json | undefined
}

export interface WriteDifference {
  readonly object: string
  /** The how manieth write of this object. From 1. */
  readonly write: number
  /** Absent: there was none. */
  readonly recorded?: AcceptedWrite
  readonly replayed?: AcceptedWrite
  /** Paths at which the bodies differ, where both are there and ask for the same. */
  readonly paths: ReadonlyArray<string>
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** Parts of the metadata that the server gives: never the same twice. */
const given = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "generation",
  "selfLink",
])

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const leaves = (value: Json | undefined, path: string, into: Map<string, string>): Map<string, string> => {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) leaves(item, `${path}[${index}]`, into)
  } else if (isJsonObject(value)) {
    for (const [name, part] of Object.entries(value)) {
      if (given.has(name) && (path === "metadata" || path.endsWith("]"))) continue
      leaves(part, path === "" ? name : `${path}.${name}`, into)
    }
  } else if (typeof value === "string" && time.test(value)) into.set(path, "a time")
  else if (value !== undefined) into.set(path, JSON.stringify(value))
  return into
}

const differingPaths = (a: Json | undefined, b: Json | undefined): ReadonlyArray<string> => {
  const [as, bs] = [leaves(a, "", new Map()), leaves(b, "", new Map())]
  return [...new Set([...as.keys(), ...bs.keys()])].filter((path) => as.get(path) !== bs.get(path)).sort()
}

const byObject = (writes: ReadonlyArray<AcceptedWrite>) => Map.groupBy(writes, ({ object }) => object)

/** For each object the first write that is not the same: what comes after it follows from it. */
export const writeDifferences = (
  recorded: ReadonlyArray<AcceptedWrite>,
  replayed: ReadonlyArray<AcceptedWrite>,
): ReadonlyArray<WriteDifference> => {
  const [before, now] = [byObject(recorded), byObject(replayed)]
  const differences: Array<WriteDifference> = []
  for (const object of new Set([...before.keys(), ...now.keys()])) {
    const [as, bs] = [before.get(object) ?? [], now.get(object) ?? []]
    for (let index = 0; index < Math.max(as.length, bs.length); index++) {
      const [a, b] = [as[index], bs[index]]
      const paths =
        a !== undefined && b !== undefined && a.what === b.what ? differingPaths(a.body, b.body) : []
      if (a !== undefined && b !== undefined && a.what === b.what && paths.length === 0) continue
      differences.push({
        object,
        write: index + 1,
        ...(a === undefined ? {} : { recorded: a }),
        ...(b === undefined ? {} : { replayed: b }),
        paths,
      })
      break
    }
  }
  const atOf = ({ recorded: a, replayed: b }: WriteDifference) => a?.atMs ?? b?.atMs ?? 0
  return differences.toSorted((a, b) => atOf(a) - atOf(b))
}
