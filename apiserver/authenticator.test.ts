import { expect, test } from "vitest"
import {
  authenticate,
  certificateAuthenticator,
  parseTokenFile,
  tokenAuthenticator,
} from "./authenticator.ts"

const tokens = parseTokenFile('t1,jane,u1,"dev,ops"\n# a comment\nbroken\nt2,joe,u2\n')
const chain = [certificateAuthenticator, tokenAuthenticator(tokens)]
const none = { certificate: undefined, bearerToken: undefined }

test.each([
  [
    "a certificate",
    { ...none, certificate: { commonName: "c", organizations: ["o"] } },
    { name: "c", groups: ["o", "system:authenticated"] },
  ],
  [
    "a token",
    { ...none, bearerToken: "t1" },
    { name: "jane", uid: "u1", groups: ["dev", "ops", "system:authenticated"] },
  ],
  [
    "a token without groups",
    { ...none, bearerToken: "t2" },
    { name: "joe", uid: "u2", groups: ["system:authenticated"] },
  ],
  ["a wrong token", { ...none, bearerToken: "t3" }, "invalid"],
  ["nothing", none, { name: "system:anonymous", groups: ["system:unauthenticated"] }],
  [
    "a certificate beside a wrong token",
    { certificate: { commonName: "c", organizations: [] }, bearerToken: "x" },
    { name: "c", groups: ["system:authenticated"] },
  ],
])("%s", async (_name, credentials, want) => {
  expect(await authenticate(chain, credentials)).toEqual(want)
})
