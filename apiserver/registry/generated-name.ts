/** Names for `metadata.generateName`. Source: apiserver `names.SimpleNameGenerator`. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789"
const suffixLength = 5
const baseLengthMax = 63 - suffixLength

export const generatedName = (base: string, random: () => number): string => {
  let suffix = ""
  for (let index = 0; index < suffixLength; index++) {
    suffix += alphabet.charAt(Math.floor(random() * alphabet.length))
  }
  return `${base.slice(0, baseLengthMax)}${suffix}`
}
