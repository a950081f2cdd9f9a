/** Key usages by the names that requests use. Source: certificates.k8s.io/v1 KeyUsage. */
import * as x509 from "@peculiar/x509"

const flags: { readonly [usage: string]: number } = {
  signing: x509.KeyUsageFlags.digitalSignature,
  "digital signature": x509.KeyUsageFlags.digitalSignature,
  "content commitment": x509.KeyUsageFlags.nonRepudiation,
  "key encipherment": x509.KeyUsageFlags.keyEncipherment,
  "key agreement": x509.KeyUsageFlags.keyAgreement,
  "data encipherment": x509.KeyUsageFlags.dataEncipherment,
  "cert sign": x509.KeyUsageFlags.keyCertSign,
  "crl sign": x509.KeyUsageFlags.cRLSign,
  "encipher only": x509.KeyUsageFlags.encipherOnly,
  "decipher only": x509.KeyUsageFlags.decipherOnly,
}

const extended: { readonly [usage: string]: string } = {
  any: "2.5.29.37.0",
  "server auth": x509.ExtendedKeyUsage.serverAuth,
  "client auth": x509.ExtendedKeyUsage.clientAuth,
  "code signing": x509.ExtendedKeyUsage.codeSigning,
  "email protection": x509.ExtendedKeyUsage.emailProtection,
  "s/mime": x509.ExtendedKeyUsage.emailProtection,
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: x509.ExtendedKeyUsage.timeStamping,
  "ocsp signing": x509.ExtendedKeyUsage.ocspSigning,
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
}

export const knownUsages: ReadonlyArray<string> = [...Object.keys(flags), ...Object.keys(extended)]

const rowOf = <T>(table: { readonly [usage: string]: T }, usage: string): T | undefined =>
  Object.hasOwn(table, usage) ? table[usage] : undefined

export const usageExtensions = (usages: ReadonlyArray<string>): x509.Extension[] => {
  const bits = usages.reduce((all, usage) => all | (rowOf(flags, usage) ?? 0), 0)
  const purposes = [...new Set(usages.flatMap((usage) => rowOf(extended, usage) ?? []))]
  return [
    ...(bits === 0 ? [] : [new x509.KeyUsagesExtension(bits, true)]),
    ...(purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
  ]
}
