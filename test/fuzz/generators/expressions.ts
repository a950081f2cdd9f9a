/** CEL expressions and regular expressions: valid ones, broken ones, and ones that would cost dearly. */
import fc from "fast-check"
import { oddString } from "../mutations.ts"
import { mostly, pick } from "./parts.ts"

const atoms = [
  "self", "self.spec", "self.spec.color", "self.spec.replicas", "self.spec.parts", "self.spec.tags", "self.spec.open", "oldSelf",
  "object", "object.metadata.name", "oldObject", "request.userInfo.groups", "request.name", "params", "namespaceObject", "variables.labels",
  "authorizer.group('').resource('pods').check('get').allowed()", "1", "-1", "1u", "1.5", "'a'", "b'a'", "true", "null", "[]", "{}", "[1,2,3]",
  "{'a': 1}", "'\\u0000'", "9223372036854775807", "-9223372036854775808", "18446744073709551615u", "1e308", "r'\\d'",
  "timestamp('2030-01-01T00:00:00Z')", "duration('1h')", "quantity('1Ki')", "ip('10.0.0.1')", "cidr('10.0.0.0/8')", "url('https://a/b')",
  "semver('1.2.3')", "format.dns1123Label()", "optional.of(1)", "optional.none()", "type(1)",
]
const expression: fc.Arbitrary<string> = fc.letrec<{ readonly e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 4, depthIdentifier: "cel" },
    pick(...atoms),
    fc.tuple(tie("e"), pick("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"), tie("e")).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(pick("!", "-", "size", "string", "int", "uint", "double", "bytes", "dyn", "type", "has", "duration", "timestamp", "bool", "quantity"), tie("e")).map(([f, a]) => `${f}(${a})`),
    fc.tuple(tie("e"), pick("all", "exists", "exists_one", "map", "filter"), tie("e")).map(([a, f, b]) => `${a}.${f}(x, ${b})`),
    fc.tuple(tie("e"), pick("matches", "contains", "startsWith", "split", "replace", "find", "findAll", "join", "indexOf", "substring", "format", "isSorted", "sum", "min", "lowerAscii", "orValue", "hasValue", "compareTo", "getHours"), tie("e")).map(([a, f, b]) => `${a}.${f}(${b})`),
    fc.tuple(tie("e"), tie("e"), tie("e")).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
    fc.tuple(tie("e"), tie("e")).map(([a, b]) => `${a}[${b}]`),
    fc.tuple(tie("e"), pick("a", "?a", "spec", "metadata", "__proto__", "constructor", "k8s", "`a-b`")).map(([a, field]) => `${a}.${field}`),
    fc.array(tie("e"), { maxLength: 4 }).map((all) => `[${all.join(", ")}]`),
    fc.array(tie("e"), { maxLength: 3 }).map((all) => `{${all.map((each, index) => `'k${index}': ${each}`).join(", ")}}`),
    tie("e").map((a) => `cel.bind(v, ${a}, v)`),
  ),
})).e

/** Expressions that would run for long, or be parsed for long, if nothing stopped them. */
const bombs = [
  "self.spec.parts.all(a, self.spec.parts.all(b, self.spec.parts.all(c, self.spec.parts.all(d, a.name == d.name))))",
  `${"(".repeat(500)}1${")".repeat(500)} == 1`,
  `${"!".repeat(2_000)}true`,
  `${"1 + ".repeat(3_000)}1 == 1`,
  `${"[".repeat(300)}${"]".repeat(300)} == []`,
  "'a'.matches('(a+)+$')",
  "self.spec.color.matches('^(([a-z])+.)+[A-Z]([a-z])+$')",
  "'a'.replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa').replace('a', 'aaaaaaaaaa') != ''",
  "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, [1,2,3,4,5,6,7,8,9].all(g, true)))))))",
  "cel.bind(a, 'xxxxxxxxxxxxxxxx', cel.bind(b, a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b, cel.bind(d, c+c+c+c+c+c+c+c, cel.bind(e, d+d+d+d+d+d+d+d, cel.bind(f, e+e+e+e+e+e+e+e, cel.bind(g, f+f+f+f+f+f+f+f, size(g+g) > 0)))))))",
  `'%s%s%s%s'.format(['a'.replace('', '${"b".repeat(500)}')]) != ''`,
  `'${"a".repeat(5_000)}'.matches('(a|a|a|a|a|a)*b')`,
  "self == oldSelf",
  "9223372036854775807 + 1 > 0",
  "1 / 0 == 1",
  "-9223372036854775808 / -1 > 0",
  "string(timestamp('9999-12-31T23:59:59Z') + duration('100000h')) != ''",
  "'x'.substring(5, 1) == ''",
  "quantity('1E1000000').isGreaterThan(quantity('1'))",
  "[].min() == 1",
  "'\ud800' == 'a'",
]

const tokens = ["(", ")", "[", "]", "{", "}", ".", ",", "'", '"', "?", ":", "!", "==", "&&", "in", "self", "1", "\\", "\n", "//", "\u0000", "'''", "r'", "0x", "1e", "..", "😀"]
const damaged = fc
  .tuple(expression, fc.nat(200), pick(...tokens))
  .map(([text, at, token]) => `${text.slice(0, at % (text.length + 1))}${token}${text.slice(at % (text.length + 1))}`)

/** An expression that is often no condition at all. */
export const cel: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: expression },
  { weight: 3, arbitrary: damaged },
  { weight: 2, arbitrary: pick(...bombs) },
  { weight: 1, arbitrary: oddString },
)

const patterns = [
  "^[a-z]+$", "^(a+)+$", "(a|a)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y", "(.*)*$", "a{1,1000}", "(a{1,100}){1,100}", "((a{0,30}){0,30}){0,30}",
  "[", "(", ")", "*", "a**", "a{2,1}", "\\", "\\p{L}+", "\\p{Nope}", "(?i)a", "(?=a)b", "(?<n>a)\\1", "[[:alpha:]]", "[^\\x00-\\x{10FFFF}]", "\\C", "\\Qa.b\\E",
  "(?P<a>b)", "(?:", "a|", "", "^$", "[z-a]", "\\u00e9", "\\x{110000}", `${"(".repeat(300)}a${")".repeat(300)}`, `${"a?".repeat(50)}${"a".repeat(50)}`, `(${"a|".repeat(3_000)}b)`, "\\b\\B\\A\\z", ".{99999}", "(?s:.)", "[\\d-z]",
]
export const pattern: fc.Arbitrary<string> = mostly(
  pick(...patterns),
  fc.string({ unit: fc.constantFrom(..."ab(|)*+?[]{}1,^$\\.dws-".split("")), maxLength: 16 }),
  2,
)
