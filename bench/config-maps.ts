/** Many objects of one size, as they are stored. */
export interface ConfigMaps {
  readonly namespace: string
  readonly count: number
  /** Of each, about. */
  readonly bytes: number
}

export interface StoredText {
  readonly key: string
  readonly value: string
}

/** Text that compresses to about a half, and is the same each time. */
const fillerOf = (seed: number, length: number): string => {
  let state = seed + 1
  let text = ""
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(16)
  }
  return text.slice(0, length)
}

export function* configMapsOf({ namespace, count, bytes }: ConfigMaps): Generator<StoredText> {
  for (let index = 0; index < count; index++) {
    const name = `o${String(index).padStart(7, "0")}`
    const uid = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
    const labels = { app: `a${index % 10}`, half: index % 2 === 0 ? "even" : "odd" }
    const metadata = { creationTimestamp: "2030-01-01T00:00:00Z", labels, name, namespace, uid }
    const head = { apiVersion: "v1", kind: "ConfigMap", metadata }
    const filler = fillerOf(index, Math.max(0, bytes - JSON.stringify(head).length - 60))
    const value = JSON.stringify({ ...head, data: { filler, value: String(index) } })
    yield { key: `/registry/core/configmaps/${namespace}/${name}`, value }
  }
}
