import { describe, expect, test } from "vitest"
import { outcome } from "../test-expression.ts"

describe("Kubernetes' functions", () => {
  test.each([
    ["lists", "[1, 2, 3].isSorted() && ![2, 1].isSorted() && [1, 2, 3].sum() == 6 && [1, 3, 2].max() == 3"],
    [
      "lists of texts",
      "['b', 'a'].min() == 'a' && ['a', 'b', 'a'].lastIndexOf('a') == 2 && ['a'].indexOf('z') == -1",
    ],
    ["sums of durations", "[duration('1m'), duration('1s')].sum() == duration('61s')"],
    [
      "more lists",
      "[3, 1, 2].sort() == [1, 2, 3] && [[1], [2]].flatten() == [1, 2] && [1, 1].distinct() == [1]",
    ],
    [
      "ranges",
      "lists.range(3) == [0, 1, 2] && [1, 2, 3].slice(1, 3) == [2, 3] && [1, 2].reverse() == [2, 1]",
    ],
    [
      "sets",
      "sets.contains([1, 2], [2]) && sets.equivalent([1, 2, 2], [2, 1]) && !sets.intersects([1], [2])",
    ],
    [
      "regular expressions",
      "'abc 123 45'.find('[0-9]+') == '123' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
    ],
    ["some of all matches", "'a1b22c3'.findAll('[0-9]+', 2) == ['1', '22'] && 'abc'.find('x') == ''"],
    ["URLs", "url('https://user@example.com:80/a%20b?k=v&k=w#x').getHost() == 'example.com:80'"],
    [
      "parts of URLs",
      "url('https://[::1]:80/a b').getHostname() == '::1' && url('https://[::1]:80/a b').getEscapedPath() == '/a%20b'",
    ],
    ["queries of URLs", "url('https://e.com/?k=v%20w&k=x').getQuery()['k'] == ['v w', 'x']"],
    ["what is a URL", "isURL('/path') && isURL('https://a') && !isURL('../x') && !isURL('http://a b/')"],
    [
      "addresses",
      "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && string(ip('2001:DB8:0:0::1')) == '2001:db8::1'",
    ],
    [
      "what is an address",
      "isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')",
    ],
    [
      "kinds of addresses",
      "ip('8.8.8.8').isGlobalUnicast() && ip('169.254.1.1').isLinkLocalUnicast() && ip('0.0.0.0').isUnspecified()",
    ],
    ["canonical addresses", "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')"],
    [
      "networks",
      "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
    ],
    [
      "networks in networks",
      "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
    ],
    [
      "parts of networks",
      "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('::/10').prefixLength() == 10",
    ],
    [
      "addresses of networks",
      "cidr('10.1.2.3/8').ip() == ip('10.1.2.3') && isCIDR('::/128') && !isCIDR('1.2.3.4/33')",
    ],
    [
      "quantities",
      "quantity('1.5Gi').compareTo(quantity('1536Mi')) == 0 && quantity('1k') == quantity('1000')",
    ],
    [
      "sums of quantities",
      "quantity('50k').add(20000) == quantity('70k') && quantity('1').sub(quantity('500m')).isLessThan(quantity('1'))",
    ],
    [
      "quantities as numbers",
      "quantity('2k').asInteger() == 2000 && !quantity('500m').isInteger() && quantity('-1').sign() == -1",
    ],
    [
      "what is a quantity",
      "isQuantity('20Mi') && !isQuantity('20Mo') && quantity('500m').asApproximateFloat() == 0.5",
    ],
    [
      "versions",
      "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1",
    ],
    [
      "loose versions",
      "semver('v1.02', true).minor() == 2 && isSemver('v1', true) && !isSemver('v1') && !isSemver('1.0-rc', true)",
    ],
    [
      "pre-releases",
      "semver('1.0.0-alpha.9').isLessThan(semver('1.0.0-alpha.10')) && semver('1.0.0-1').isLessThan(semver('1.0.0-a'))",
    ],
    [
      "formats",
      "!format.dns1123Label().validate('my-label').hasValue() && format.dns1123Label().validate('My_Label').hasValue()",
    ],
    [
      "formats by name",
      "format.named('uuid').value().validate('x') == optional.of(['does not match the UUID format'])",
    ],
    [
      "prefixes",
      "!format.dns1123LabelPrefix().validate('my-').hasValue() && format.dns1123Label().validate('my-').hasValue()",
    ],
    ["extremes", "math.greatest(1, 2.5) == 2.5 && math.least([3, 1, 2]) == 1"],
    ["optionals in lists", "optional.unwrap([optional.of(1), optional.none()]) == [1]"],
  ])("%s", (_, source) => {
    expect(outcome(source)).toBe(true)
  })

  test.each([
    ["an address", "ip('x').family() == 4", "IP Address"],
    ["a network", "cidr('10.0.0.0').prefixLength() == 1", "network address parse error"],
    ["a quantity", "quantity('x').isInteger()", "quantities must match"],
    ["a version", "semver('1').major() == 1", "No Major.Minor.Patch"],
    ["a URL", "url(' ').getHost() == ''", "URL parse error"],
    ["a whole quantity", "quantity('1m').asInteger() == 0", "cannot convert value to integer"],
    ["an extreme of nothing", "[].max() == 1", "max called on empty list"],
  ])("say what is not %s", (_, source, want) => {
    expect(outcome(source)).toContain(`error: ${want}`)
  })
})
