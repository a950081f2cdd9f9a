/** Bounds of tokens and of what is fetched to check them. */
export const tokenLimits = {
  /** Characters of a bearer token. */
  tokenCharactersMax: 16 * 1024,
  /** Verified tokens remembered, so that a signature is checked once and not at every request. */
  verifiedMax: 4_096,
  audiencesMax: 20,
  audienceCharactersMax: 1_024,
  /** Source: validation of TokenRequest. */
  expirationSecondsMin: 600,
  expirationSecondsMax: 2 ** 32,
  expirationSecondsDefault: 3_600,
  /** Keys of one issuer. */
  keysMax: 100,
  keySetBytesMax: 256 * 1024,
  /** How long an issuer's keys are believed before they are fetched again. */
  keySetMs: 600_000,
  /** Between two fetches because of a token whose key is not known. */
  keySetPauseMs: 10_000,
  fetchMs: 5_000,
  /** Clocks that are not quite the same. */
  leewaySeconds: 10,
  groupsMax: 1_000,
  /** Source: apiserver/validation, of AuthenticationConfiguration. */
  issuersMax: 64,
  rulesMax: 64,
} as const
