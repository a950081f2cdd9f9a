/** The official conformance suites of CEL, of the package `@bufbuild/cel-spec`. */
import { describe, expect, it } from "vitest"
import { runSuite, type SpecSuite } from "../kit/cel-spec.ts"

const dataModule = "@bufbuild/cel-spec/testdata/conformance.js"
const { tests: data }: { readonly tests: SpecSuite } = await import(dataModule)

/** What these suites are about, an API server has not: protobuf messages, enums, base64, blocks of cel-policy. */
const aboutOtherThings = new Set([
  "block_ext",
  "encoders_ext",
  "enums",
  "proto2",
  "proto2_ext",
  "proto3",
  "wrappers",
])

/** Tests that hold, by suite: fewer means that something was lost, more that this table is to be raised. */
const held: { readonly [suite: string]: number } = {
  basic: 43,
  bindings_ext: 5,
  comparisons: 334,
  conversions: 109,
  dynamic: 25,
  fields: 60,
  fp_math: 30,
  integer_math: 64,
  lists: 39,
  logic: 30,
  macros: 44,
  macros2: 46,
  math_ext: 199,
  namespace: 3,
  optionals: 59,
  parse: 193,
  plumbing: 5,
  string: 51,
  string_ext: 209,
  timestamps: 75,
  type_deductions: 21,
  unknowns: 0,
}

describe("CEL does what its conformance suites say", () => {
  const suites = (data.suites ?? []).filter(({ name }) => !aboutOtherThings.has(name))

  it.each(suites)("$name", (suite) => {
    const { passed, failed } = runSuite(suite)
    expect(failed).toEqual([])
    expect(passed).toBe(held[suite.name])
  })
})
