/** Who the API believes and what it writes down, from the configuration and the files that it names. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import {
  type ApiServerOptions,
  certificateAuthenticator,
  ensureSigningKeys,
  type OidcIssuer,
  openAuditFile,
  type Pki,
  parseAuditPolicy,
  parseAuthenticationConfiguration,
  parseTokenFile,
  tokenAuthenticator,
} from "../apiserver/index.ts"
import type { ServerConfig } from "../schemas/index.ts"
import { layout } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

const megabyte = 1024 * 1024

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const readNamed = (path: string, flag: string): Effect.Effect<string, StartError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) =>
      new StartError({
        reason: "InvalidConfig",
        message: `${flag}: the file ${path} cannot be read: ${messageOf(cause)}`,
        cause,
      }),
  })

/** Client certificates, and the tokens of the file where one is given. */
const authenticators = Effect.fnUntraced(function* ({ tokenFile }: ServerConfig) {
  if (tokenFile === undefined) return [certificateAuthenticator]
  const text = yield* readNamed(tokenFile, "--token-file")
  return [certificateAuthenticator, tokenAuthenticator(parseTokenFile(text))]
})

/** Those of the file. */
const configuredIssuers = Effect.fnUntraced(function* ({ authenticationConfigFile: path }: ServerConfig) {
  if (path === undefined) return []
  const text = yield* readNamed(path, "--authentication-config-file")
  return yield* Effect.try({
    try: () => parseAuthenticationConfiguration(text),
    catch: (cause) =>
      new StartError({
        reason: "InvalidConfig",
        message: `--authentication-config-file ${path}: ${messageOf(cause)}`,
        cause,
      }),
  })
})

const oidcIssuers = Effect.fnUntraced(function* (config: ServerConfig) {
  const issuers = [...(yield* flaggedIssuer(config)), ...(yield* configuredIssuers(config))]
  const taken = new Set([config.serviceAccountIssuer])
  for (const { issuer } of issuers) {
    if (taken.has(issuer)) {
      const message = `the issuer ${issuer} is configured twice: each has its tokens to itself`
      return yield* new StartError({ reason: "InvalidConfig", message })
    }
    taken.add(issuer)
  }
  return issuers
})

/** That of the options. */
const flaggedIssuer = Effect.fnUntraced(function* (config: ServerConfig) {
  const { oidcIssuerURL: issuer, oidcClientID: audience } = config
  if ((issuer === undefined) !== (audience === undefined)) {
    const message = "--oidc-issuer-url and --oidc-client-id go together: give both, or neither"
    return yield* new StartError({ reason: "InvalidConfig", message })
  }
  if (issuer === undefined || audience === undefined) return []
  const { oidcUsernamePrefix, oidcGroupsClaim, oidcCAFile } = config
  const ca = oidcCAFile === undefined ? undefined : yield* readNamed(oidcCAFile, "--oidc-ca-file")
  const only: OidcIssuer = {
    issuer,
    audiences: [audience],
    usernameClaim: config.oidcUsernameClaim,
    groupsPrefix: config.oidcGroupsPrefix,
    ...(oidcUsernamePrefix === undefined ? {} : { usernamePrefix: oidcUsernamePrefix }),
    ...(oidcGroupsClaim === undefined ? {} : { groupsClaim: oidcGroupsClaim }),
    ...(ca === undefined ? {} : { ca }),
  }
  return [only]
})

const audit = Effect.fnUntraced(function* (config: ServerConfig) {
  const { auditPolicyFile, auditLogFile, auditLogMaxSize, auditLogMaxFiles, dataDir } = config
  if (auditPolicyFile === undefined) return {}
  const text = yield* readNamed(auditPolicyFile, "--audit-policy-file")
  const policy = yield* Effect.try({
    try: () => parseAuditPolicy(text),
    catch: (cause) =>
      new StartError({
        reason: "InvalidConfig",
        message: `--audit-policy-file ${auditPolicyFile}: ${messageOf(cause)}`,
        cause,
      }),
  })
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const write = yield* openAuditFile({
    path: auditLogFile ?? join(dataDir, "audit.log"),
    fileBytesMax: auditLogMaxSize * megabyte,
    filesMax: auditLogMaxFiles,
    onFault: (message, cause) => {
      fork(Effect.logError(message).pipe(Effect.annotateLogs({ cause: String(cause) })))
    },
  }).pipe(
    Effect.mapError((cause) => new StartError({ reason: "InvalidConfig", message: cause.message, cause })),
  )
  return { audit: { policy, write } }
})

type AccessOptions = Pick<
  ApiServerOptions,
  "authenticate" | "tokens" | "oidc" | "certificateSigner" | "seats" | "audit"
>

/** Fails with `StartError`: a file that cannot be read or used, named with its option. */
export const accessOptions = Effect.fnUntraced(function* (
  config: ServerConfig,
  { ca }: Pki,
): Effect.fn.Return<AccessOptions, StartError, Scope.Scope> {
  const keyFile = config.serviceAccountKeyFile ?? layout(config.dataDir).serviceAccountKeys
  const keys = yield* ensureSigningKeys(keyFile).pipe(
    Effect.mapError((cause) => new StartError({ reason: "Pki", message: cause.message, cause })),
  )
  return {
    authenticate: yield* authenticators(config),
    tokens: { issuer: config.serviceAccountIssuer, keys },
    oidc: yield* oidcIssuers(config),
    certificateSigner: ca,
    seats: config.maxRequestsInFlight,
    ...(yield* audit(config)),
  }
})
