/** One request of the fuzzer, and how a person sends it again. */
import type { UserInfo } from "../../apiserver/index.ts"

export interface FuzzRequest {
  readonly method: string
  /** Path with query, as sent. */
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
  /** Who asks; an administrator where none is named. */
  readonly user?: UserInfo
}

/** What answers before this one have told: what a request that goes on from them needs. */
export interface Seen {
  /** The resourceVersion last seen at a path; "" where none was. */
  readonly versionOf: (path: string) => string
  readonly uidOf: (path: string) => string
  /** Continue tokens, the newest last. */
  readonly continues: ReadonlyArray<string>
  /** Tokens of ServiceAccounts, the newest last. */
  readonly tokens: ReadonlyArray<string>
  /** The newest revision that an answer named. */
  readonly revision: string
}

/** A request that may go on from earlier answers. */
export type Draft = (seen: Seen) => FuzzRequest

export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] }

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const printable = (bytes: Uint8Array): string | undefined => {
  const text = Buffer.from(bytes).toString("utf8")
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  const isPlain = !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/.test(text)
  return isPlain && Buffer.from(text, "utf8").equals(bytes) ? text : undefined
}

/**
 * The request as a command. `$MIREN` is the server's address, `$AUTH` how the administrator shows who they are, e.g.
 * `--cert admin.crt --key admin.key`. Bodies that are no plain text travel in base64.
 */
export const curl = ({ method, url, headers, body, user }: FuzzRequest): string => {
  const words = ["curl -sk $AUTH", `-X ${shellQuoted(method)}`, `"$MIREN"${shellQuoted(url)}`]
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${shellQuoted(`${name}: ${value}`)}`)
  if (user !== undefined) {
    words.push(`-H ${shellQuoted(`Impersonate-User: ${user.name}`)}`)
    for (const group of user.groups) words.push(`-H ${shellQuoted(`Impersonate-Group: ${group}`)}`)
  }
  if (body.length === 0) return words.join(" ")
  const text = printable(body)
  if (text !== undefined && text.length < 4_096)
    return `${words.join(" ")} --data-binary ${shellQuoted(text)}`
  return `base64 -d <<< ${Buffer.from(body).toString("base64")} | ${words.join(" ")} --data-binary @-`
}
