import { mkdtemp, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit } from "effect"
import { beforeAll, expect, test } from "vitest"
import { ensurePki, type Pki } from "../apiserver/index.ts"
import { resolveServerConfig, type ServerConfig } from "../schemas/index.ts"
import { accessOptions } from "./access-options.ts"
import { layout } from "./data-dir.ts"

let pki: Pki

const inDirectory = async <A>(body: (directory: string) => Promise<A>): Promise<A> => {
  const directory = await mkdtemp(join(tmpdir(), "miren-access-"))
  try {
    return await body(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

beforeAll(() =>
  inDirectory(async (dir) => {
    pki = await Effect.runPromise(ensurePki({ dir, hosts: [], now: Date.UTC(2030, 0, 1) }))
  }),
)

const configOf = (flags: { readonly [flag: string]: string }): ServerConfig => {
  const resolution = resolveServerConfig({ flags, env: {} })
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.errors))
  return resolution.config
}

const optionsOf = (flags: { readonly [flag: string]: string }) =>
  Effect.runPromise(Effect.scoped(Effect.exit(accessOptions(configOf(flags), pki))))

const policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"

test("by default there are keys of its own, kept for the next start, and no audit log", () =>
  inDirectory(async (directory) => {
    const flags = { "data-dir": directory }
    const [first, second] = [await optionsOf(flags), await optionsOf(flags)]
    if (!Exit.isSuccess(first) || !Exit.isSuccess(second)) throw new Error("there are no options")
    expect(first.value.tokens?.issuer).toBe("https://kubernetes.default.svc")
    expect(first.value.tokens?.keys.map(({ id }) => id)).toEqual(
      second.value.tokens?.keys.map(({ id }) => id),
    )
    expect((await stat(layout(directory).serviceAccountKeys)).mode & 0o777).toBe(0o600)
    expect([first.value.audit, first.value.oidc, first.value.certificateSigner]).toEqual([
      undefined,
      [],
      pki.ca,
    ])
  }))

test("files that are named are read", () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, "policy"), policy)
    await writeFile(join(directory, "tokens"), "t,joe,7,g\n")
    const made = await optionsOf({
      "data-dir": directory,
      "audit-policy-file": join(directory, "policy"),
      "token-file": join(directory, "tokens"),
      "oidc-issuer-url": "https://login.example",
      "oidc-client-id": "miren",
      "oidc-groups-claim": "groups",
    })
    if (!Exit.isSuccess(made)) throw new Error("there are no options")
    const { authenticate, audit, oidc } = made.value
    expect(await authenticate?.[1]?.({ certificate: undefined, bearerToken: "t" })).toMatchObject({
      name: "joe",
    })
    expect([audit?.policy.rules.length, (await stat(join(directory, "audit.log"))).size]).toEqual([1, 0])
    expect(oidc).toMatchObject([
      { issuer: "https://login.example", audiences: ["miren"], groupsClaim: "groups" },
    ])
  }))

const authentication = `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
  - issuer: { url: https://other.example, audiences: [miren] }
    claimMappings: { username: { claim: sub, prefix: "" } }
`

test("further issuers come from a file, each of them once", () =>
  inDirectory(async (directory) => {
    const path = join(directory, "authentication")
    await writeFile(path, authentication)
    const withIssuer = (issuer: string) =>
      optionsOf({
        "data-dir": directory,
        "authentication-config-file": path,
        "oidc-issuer-url": issuer,
        "oidc-client-id": "miren",
      })
    const made = await withIssuer("https://login.example")
    if (!Exit.isSuccess(made)) throw new Error("there are no options")
    expect(made.value.oidc?.map(({ issuer }) => issuer)).toEqual([
      "https://login.example",
      "https://other.example",
    ])
    const twice = await withIssuer("https://other.example")
    expect(Exit.isFailure(twice) && String(twice.cause)).toMatch(/other\.example is configured twice/)
  }))

test.each([
  ["a token file that is not there", { "token-file": "none" }, /--token-file: the file none cannot be read/],
  [
    "a policy that is not there",
    { "audit-policy-file": "none" },
    /--audit-policy-file: the file none cannot be read/,
  ],
  [
    "an issuer without an audience",
    { "oidc-issuer-url": "https://a.example" },
    /--oidc-client-id go together/,
  ],
  ["an audience without an issuer", { "oidc-client-id": "a" }, /--oidc-client-id go together/],
] as const)("%s is an error that says so", (_name, flags, message) =>
  inDirectory(async (directory) => {
    const made = await optionsOf({ "data-dir": directory, ...flags })
    expect(Exit.isFailure(made) && String(made.cause)).toMatch(message)
  }),
)

test.each([
  ["a policy that is none", "audit-policy-file", "kind: Policy\n", /must be a Policy of audit\.k8s\.io\/v1/],
  [
    "an authentication configuration that is none",
    "authentication-config-file",
    "kind: AuthenticationConfiguration\n",
    /--authentication-config-file .*apiVersion: must be one of/,
  ],
  ["a key file without a key", "service-account-key-file", "secret text", /holds no usable keys/],
] as const)("%s is an error that says so, and shows nothing of it", (_name, flag, text, message) =>
  inDirectory(async (directory) => {
    const path = join(directory, "file")
    await writeFile(path, text)
    const made = await optionsOf({ "data-dir": directory, [flag]: path })
    expect(Exit.isFailure(made) && String(made.cause)).toMatch(message)
    expect(Exit.isFailure(made) && String(made.cause)).not.toContain("secret text")
  }),
)
