/** The loops that macros stand for, charged as cel-go's expansions of them are. */
import type { FoldMacro } from "./ast.ts"
import { ArrayList, EntryMap } from "./collection.ts"
import { LIST_COST, MAP_COST } from "./cost.ts"
import { EvaluationError, noSuchOverload } from "./evaluation-error.ts"
import type { Frame, Step } from "./frame.ts"
import { keyOf } from "./map-key.ts"
import { CelList, CelMap, type Value } from "./value.ts"

export interface Loop {
  readonly macro: FoldMacro
  readonly range: Step
  /** Where the loop's variables are; the second only when it has two. */
  readonly slots: { readonly first: number; readonly second: number | undefined }
  readonly predicate: Step | undefined
  readonly transform: Step | undefined
}

/** Sets the loop's variables to each item in turn, until told to stop. */
const eachItem = ({ range, slots: { first, second } }: Loop, frame: Frame, visit: () => boolean): void => {
  const items = range(frame)
  if (items instanceof CelList) {
    for (let index = 0; index < items.size; index++) {
      const item = items.at(index)
      frame.slots[first] = second === undefined ? item : index
      if (second !== undefined) frame.slots[second] = item
      if (!visit()) return
    }
  } else if (items instanceof CelMap) {
    for (const key of items.keys()) {
      frame.slots[first] = key
      if (second !== undefined) frame.slots[second] = items.get(key) ?? null
      if (!visit()) return
    }
  } else throw noSuchOverload()
}

const truth = (step: Step, frame: Frame): boolean => {
  const value = step(frame)
  if (typeof value !== "boolean") throw noSuchOverload()
  return value
}

/** `all` and `exists`: the one deciding answer wins over errors elsewhere. */
const quantifier = (loop: Loop, predicate: Step, deciding: boolean): Step => {
  const itemCost = deciding ? 4 : 3
  return (frame) => {
    let failure: EvaluationError | undefined
    let answer = !deciding
    eachItem(loop, frame, () => {
      frame.charge(itemCost)
      try {
        if (truth(predicate, frame) === deciding) answer = deciding
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        failure ??= error
      }
      return answer !== deciding
    })
    frame.charge(1)
    if (failure !== undefined && answer !== deciding) throw failure
    return answer
  }
}

const exactlyOne = (loop: Loop, predicate: Step): Step => {
  return (frame) => {
    let count = 0
    eachItem(loop, frame, () => {
      frame.charge(1)
      if (truth(predicate, frame)) {
        frame.charge(1)
        count++
      }
      return true
    })
    frame.charge(2)
    return count === 1
  }
}

/** Visits the items that are taken. */
const eachTaken = (loop: Loop, frame: Frame, take: () => void): void =>
  eachItem(loop, frame, () => {
    if (loop.predicate === undefined || truth(loop.predicate, frame)) take()
    else frame.charge(1)
    return true
  })

const listOf = (loop: Loop, transform: Step): Step => {
  return (frame) => {
    const items: Value[] = []
    frame.charge(LIST_COST)
    eachTaken(loop, frame, () => {
      frame.charge(LIST_COST + 2)
      items.push(transform(frame))
    })
    frame.charge(1)
    return new ArrayList(items)
  }
}

const entriesOf = (value: Value): ReadonlyArray<readonly [Value, Value]> => {
  if (!(value instanceof CelMap)) throw noSuchOverload()
  return value.keys().map((key) => [key, value.get(key) ?? null])
}

const mapOf = (loop: Loop, transform: Step): Step => {
  const { first } = loop.slots
  return (frame) => {
    const entries: (readonly [Value, Value])[] = []
    const seen = new Set<unknown>()
    const insert = (entry: readonly [Value, Value]): void => {
      const key = keyOf(entry[0])
      if (seen.has(key)) throw new EvaluationError(`insert failed: key ${String(key)} already exists`)
      seen.add(key)
      entries.push(entry)
    }
    frame.charge(MAP_COST)
    eachTaken(loop, frame, () => {
      frame.charge(loop.macro === "map" ? 3 : 2)
      const made = transform(frame)
      if (loop.macro === "mapEntry") for (const entry of entriesOf(made)) insert(entry)
      else insert([frame.slots[first] ?? null, made])
    })
    frame.charge(1)
    return new EntryMap(entries)
  }
}

const nothing: Step = () => {
  throw noSuchOverload()
}

export const loopStep = (loop: Loop): Step => {
  const { predicate = nothing, transform = nothing } = loop
  switch (loop.macro) {
    case "all":
      return quantifier(loop, predicate, false)
    case "exists":
      return quantifier(loop, predicate, true)
    case "existsOne":
      return exactlyOne(loop, predicate)
    case "list":
      return listOf(loop, transform)
    case "map":
    case "mapEntry":
      return mapOf(loop, transform)
  }
}
