/** Paths to fields: keys and indices, written `spec.list[0].name`. */
export type FieldPath = ReadonlyArray<string | number>

export const fieldPathText = (path: FieldPath): string => {
  let text = ""
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`
    else text += text === "" ? step : `.${step}`
  }
  return text
}
