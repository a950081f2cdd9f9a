/** Statements about headers, flushing and HTTP versions, over real HTTPS: 2.1.15, 23, 24, 2.9.108, 2.13.149. */
import { gunzipSync } from "node:zlib"
import { describe, expect } from "vitest"
import { WebSocket } from "ws"
import { tokenAuthenticator } from "../../apiserver/index.ts"
import { configMap, configMaps, makeConfigMaps, type World } from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"
import { type Door, openDoor, textOf } from "./tls-door.ts"

const watching = `${configMaps}?watch=true`
const robot = { "a-token": { name: "robot", groups: ["system:masters"] } }

export const throughDoor = (body: (world: World, door: Door) => Promise<void>) => async (world: World) => {
  const door = await openDoor(world)
  try {
    await body(world, door)
  } finally {
    door.release()
    await door.close()
  }
}

const nextChunk = (stream: NodeJS.ReadableStream): Promise<string> =>
  new Promise((resolve) => stream.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))))

export const overTlsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: over HTTPS`, () => {
    statement(
      "2.1.15 a watch has its headers at once, in chunks, one JSON object a line",
      throughDoor(async (world, door) => {
        const response = await door.open(watching)
        expect(response.headers).toMatchObject({
          "content-type": "application/json",
          "transfer-encoding": "chunked",
        })
        expect(response.headers["content-length"]).toBeUndefined()
        const line = nextChunk(response)
        await makeConfigMaps(world, ["a"])
        const text = await line
        expect([text.endsWith("}\n"), JSON.parse(text).type]).toEqual([true, "ADDED"])
      }),
    )

    statement(
      "2.1.15 the same over HTTP/2",
      throughDoor(async (world, door) => {
        const stream = door.http2().request({ ":path": watching })
        const head = await new Promise<{ readonly [name: string]: unknown }>((resolve) =>
          stream.on("response", resolve),
        )
        expect([head[":status"], head["content-type"]]).toEqual([200, "application/json"])
        const line = nextChunk(stream)
        await makeConfigMaps(world, ["a"])
        expect(JSON.parse(await line).type).toBe("ADDED")
        stream.close()
      }),
    )

    statement(
      "2.1.23 a server that stops ends its watches without an event",
      throughDoor(async (_world, door) => {
        const response = await door.open(watching)
        const text = textOf(response)
        await door.close()
        expect([(await text).length, response.complete]).toEqual([0, true])
      }),
    )

    statement(
      "2.1.24 a watch over a WebSocket is one event a text message",
      throughDoor(async (world, door) => {
        const socket = new WebSocket(`${door.url.replace("https", "wss")}${watching}`, {
          ca: door.ca,
          headers: { authorization: "Bearer a-token" },
        })
        await new Promise((resolve, reject) => {
          socket.on("open", resolve)
          socket.on("error", reject)
        })
        const messages: Array<readonly [string, boolean]> = []
        const two = new Promise<void>((resolve) => {
          socket.on("message", (data, isBinary) => {
            messages.push([JSON.parse(String(data)).type, isBinary])
            if (messages.length === 2) resolve()
          })
        })
        await makeConfigMaps(world, ["a"])
        await world.delete(`${configMaps}/a`)
        await two
        expect(messages).toEqual([
          ["ADDED", false],
          ["DELETED", false],
        ])
        socket.terminate()
      }),
      { authenticate: [tokenAuthenticator(robot)] },
    )

    statement(
      "2.9.108 large answers are compressed for who takes that, small ones are not",
      throughDoor(async (world, door) => {
        await world.post(configMaps, configMap("small"))
        await world.post(configMaps, configMap("large", { k: "x".repeat(200 * 1024) }))
        const gzip = { headers: { "accept-encoding": "gzip" } }
        const small = await door.open(`${configMaps}/small`, gzip)
        expect(small.headers["content-encoding"]).toBeUndefined()
        await textOf(small)
        const plain = await textOf(await door.open(`${configMaps}/large`))
        const large = await door.open(`${configMaps}/large`, gzip)
        expect(large.headers["content-encoding"]).toBe("gzip")
        expect(gunzipSync(await textOf(large)).equals(plain)).toBe(true)
      }),
    )

    statement(
      "2.13.149 HEAD and OPTIONS of a resource are 405",
      throughDoor(async (world, door) => {
        await makeConfigMaps(world, ["a"])
        for (const method of ["HEAD", "OPTIONS"]) {
          const response = await door.open(`${configMaps}/a`, { method })
          expect([method, response.statusCode]).toEqual([method, 405])
          await textOf(response)
        }
        const ready = await door.open("/readyz", { method: "HEAD" })
        expect([ready.statusCode, (await textOf(ready)).length]).toEqual([200, 0])
      }),
    )
  })
}
