/** `/version`: which Kubernetes the server speaks like, and which program it is. */
import type { Call } from "./call.ts"
import type { PathRequestInfo } from "./request-info.ts"
import { sendJson } from "./wire/response.ts"

/** What `/version` says of the program. */
export interface ServerVersion {
  readonly gitVersion: string
  readonly gitCommit: string
  readonly buildDate: string
}

/** The Kubernetes minor whose wire protocol is spoken. */
export const kubernetesVersion = { major: "1", minor: "33" } as const

const unknownBuild: ServerVersion = {
  gitVersion: "v1.33.0-miren",
  gitCommit: "",
  buildDate: "1970-01-01T00:00:00Z",
}

const architectures: { readonly [node: string]: string } = { x64: "amd64", ia32: "386" }

export const versionHandler =
  (version: ServerVersion = unknownBuild) =>
  async (call: Call<PathRequestInfo>): Promise<boolean> => {
    if (call.info.path !== "/version") return false
    await sendJson(
      call,
      { status: 200, pretty: true },
      {
        ...kubernetesVersion,
        gitVersion: version.gitVersion,
        gitCommit: version.gitCommit,
        gitTreeState: "clean",
        buildDate: version.buildDate,
        goVersion: process.version,
        compiler: "node",
        platform: `${process.platform}/${architectures[process.arch] ?? process.arch}`,
      },
    )
    return true
  }
