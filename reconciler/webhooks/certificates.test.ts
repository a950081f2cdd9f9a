/** The life of the authority, over years, at times that the test says. */
import { X509Certificate } from "node:crypto"
import { Duration } from "effect"
import { describe, expect, it } from "vitest"
import { type Authority, bundleOf, ensureAuthority } from "./certificates.ts"
import { authorityLifetime, authoritySettle, certificateLifetime } from "./limits.ts"

const start = Date.parse("2030-01-01T00:00:00Z")
const at = (elapsed: Duration.Input, hosts = ["127.0.0.1"]) => ({
  name: "test",
  hosts,
  nowMs: start + Duration.toMillis(Duration.fromInputUnsafe(elapsed)),
})
const issuedBy = ({ serving }: Authority, certificate: string): boolean =>
  new X509Certificate(serving.certificate).verify(new X509Certificate(certificate).publicKey)

describe("an authority", () => {
  it("signs a certificate for the hosts, and stays while nothing is due", async () => {
    const made = await ensureAuthority(undefined, at(0, ["127.0.0.1", "w.ns.svc"]))
    const serving = new X509Certificate(made.serving.certificate)
    expect([serving.checkIP("127.0.0.1"), serving.checkHost("w.ns.svc")]).toEqual(["127.0.0.1", "w.ns.svc"])
    expect(issuedBy(made, made.authorities[0].certificate)).toBe(true)
    expect(await ensureAuthority(made, at("19 days", ["127.0.0.1", "w.ns.svc"]))).toBe(made)
  })

  it("renews the certificate after two thirds of its time, and at once for another host", async () => {
    const made = await ensureAuthority(undefined, at(0))
    const renewed = await ensureAuthority(made, at(Duration.times(certificateLifetime, 0.7)))
    expect(renewed.serving.certificate).not.toBe(made.serving.certificate)
    expect(renewed.authorities).toEqual(made.authorities)
    const other = await ensureAuthority(made, at(0, ["other.example.com"]))
    expect(new X509Certificate(other.serving.certificate).checkHost("other.example.com")).toBeDefined()
  })

  it("is joined by the next in the bundle before that one signs, and then leaves it", async () => {
    const made = await ensureAuthority(undefined, at(0))
    const due = Duration.times(authorityLifetime, 0.7)
    const renewed = await ensureAuthority(made, at(due))
    const joined = await ensureAuthority(renewed, at(due))
    expect(joined.authorities).toHaveLength(2)
    expect(bundleOf(joined)).toContain(made.authorities[0].certificate)
    expect(issuedBy(joined, made.authorities[0].certificate)).toBe(true)
    const waiting = await ensureAuthority(joined, at(Duration.sum(due, Duration.minutes(1))))
    expect(issuedBy(waiting, made.authorities[0].certificate)).toBe(true)
    const after = await ensureAuthority(waiting, at(Duration.sum(due, authoritySettle)))
    expect(issuedBy(after, joined.authorities[0].certificate)).toBe(true)
    expect(after.authorities).toEqual([joined.authorities[0]])
  })

  it("is trusted at every moment of five years by who saw the bundle ten minutes ago", async () => {
    let kept = await ensureAuthority(undefined, at(0))
    const bundles: Array<string> = [bundleOf(kept)]
    for (let day = 1; day <= 5 * 365; day += 9) {
      // As the minutes pass: what joined the bundle is seen before it signs.
      for (const minutes of [0, 5, 11]) {
        const now = at(Duration.sum(Duration.days(day), Duration.minutes(minutes)))
        kept = await ensureAuthority(kept, now)
        const seen = minutes === 0 ? (bundles.at(-1) ?? "") : bundleOf(kept)
        const serving = new X509Certificate(kept.serving.certificate)
        const trusted = (seen.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
          (pem) => new X509Certificate(pem),
        )
        expect(
          trusted.some((ca) => serving.verify(ca.publicKey) && ca.validToDate.getTime() > now.nowMs),
        ).toBe(true)
        expect(serving.validToDate.getTime()).toBeGreaterThan(now.nowMs)
      }
      bundles.push(bundleOf(kept))
    }
    expect(new Set(bundles).size).toBeGreaterThan(5)
  })

  it("that ran out while nobody looked is replaced at once", async () => {
    const made = await ensureAuthority(undefined, at(0))
    const late = await ensureAuthority(made, at("800 days"))
    expect(late.authorities).toHaveLength(1)
    expect(issuedBy(late, late.authorities[0].certificate)).toBe(true)
  })
})
