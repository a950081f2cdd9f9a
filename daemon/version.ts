/** Which program this is, as `/version`, the Node and `mctl version` say it. */
import manifest from "../package.json" with { type: "json" }

export const version = {
  gitVersion: `v1.33.0-miren.${manifest.version}`,
  gitCommit: process.env.MIREN_COMMIT ?? "",
  buildDate: process.env.MIREN_BUILD_DATE ?? "1970-01-01T00:00:00Z",
} as const
