/** A kubeconfig with everything in it, as JSON: every client takes it, and it is read without loading a YAML parser. */
import type { KeyPair } from "./certificate.ts"

export interface KubeconfigOptions {
  /** `https://HOST:PORT` */
  readonly server: string
  /** PEM of the CA. */
  readonly ca: string
  readonly client: KeyPair
  /** Of the cluster, the user and the context; `miren` unless given. */
  readonly name?: string
}

const base64 = (text: string): string => Buffer.from(text).toString("base64")

/** The text of a kubeconfig file: keep it readable by its owner alone. */
export const adminKubeconfig = ({ server, ca, client, name = "miren" }: KubeconfigOptions): string => {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [
      {
        name: `${name}-admin`,
        user: {
          "client-certificate-data": base64(client.certificate),
          "client-key-data": base64(client.privateKey),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: `${name}-admin`, namespace: "default" } }],
    "current-context": name,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
