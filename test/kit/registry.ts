/**
 * A registry of one image on loopback: an index over two platforms, a gzipped layer, and a Bearer token to be asked for.
 *
 * Just enough of the OCI distribution specification to pull from.
 */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { testLayerTar } from "./image.ts"

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** A reference that it serves. */
  readonly reference: string
  readonly indexDigest: string
  /** Method and path of each request. */
  readonly requests: ReadonlyArray<string>
  /** The request for the one layer. */
  readonly layerRequest: string
  /** From now on this blob's bytes are wrong. */
  readonly corruptLayer: () => void
  readonly close: () => Promise<void>
}

const TOKEN = "a-token-of-the-test"

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

const architecture = process.arch === "x64" ? "amd64" : process.arch

export const startRegistry = async (tar = testLayerTar()): Promise<TestRegistry> => {
  const layer = gzipSync(tar)
  const blobs = new Map<string, { readonly bytes: Buffer; readonly type: string }>()
  const put = (type: string, bytes: Buffer) => {
    const digest = digestOf(bytes)
    blobs.set(digest, { bytes, type })
    return { mediaType: type, digest, size: bytes.length }
  }
  const putJson = (type: string, value: unknown) => put(type, Buffer.from(JSON.stringify(value)))
  const manifestFor = (of: string) => {
    const config = putJson("application/vnd.oci.image.config.v1+json", {
      architecture: of,
      os: "linux",
      config: { Cmd: ["/bin/sh", "-c", "echo pulled"], Env: ["PATH=/bin"], User: "web" },
      rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
    })
    const layers = [put("application/vnd.oci.image.layer.v1.tar+gzip", layer)]
    const manifest = putJson("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers,
    })
    return { ...manifest, platform: { os: "linux", architecture: of } }
  }
  const index = putJson("application/vnd.oci.image.index.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [manifestFor("other"), manifestFor(architecture)],
  })
  const requests: Array<string> = []
  const answer = (request: IncomingMessage, response: ServerResponse, host: string) => {
    const url = new URL(request.url ?? "/", `http://${host}`)
    requests.push(`${request.method} ${url.pathname}`)
    if (url.pathname === "/token") {
      const isRight = url.searchParams.get("scope") === "repository:team/app:pull"
      return response.writeHead(isRight ? 200 : 400).end(JSON.stringify({ token: TOKEN }))
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      const challenge = `Bearer realm="http://${host}/token",service="test",scope="repository:team/app:pull"`
      return response.writeHead(401, { "www-authenticate": challenge }).end()
    }
    const [, kind, name = ""] = /^\/v2\/team\/app\/(manifests|blobs)\/(\S+)$/.exec(url.pathname) ?? []
    const found = blobs.get(kind === "manifests" && name === "1" ? index.digest : name)
    if (found === undefined) return response.writeHead(404).end()
    return response.writeHead(200, { "content-type": found.type }).end(found.bytes)
  }
  const server = createServer((request, response) => {
    answer(request, response, request.headers.host ?? "")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    reference: `${host}/team/app:1`,
    indexDigest: index.digest,
    requests,
    layerRequest: `GET /v2/team/app/blobs/${digestOf(layer)}`,
    corruptLayer: () => {
      const broken = Buffer.from(layer)
      broken[20] = (broken[20] ?? 0) ^ 1
      blobs.set(digestOf(layer), { bytes: broken, type: "application/octet-stream" })
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
