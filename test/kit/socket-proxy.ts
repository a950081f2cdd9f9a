/** A unix socket in front of another, that loses connections or answers when a test wants it to. */
import { mkdtempSync, rmSync } from "node:fs"
import { createConnection, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface SocketProxy {
  readonly endpoint: string
  /** From now on nothing that the server says on a connection open now comes through. */
  holdAnswers(): void
  /** Breaks every connection that is open now. */
  cut(): void
  close(): void
}

/** Listens in front of `unix:///path`. */
export const startSocketProxy = async (target: string): Promise<SocketProxy> => {
  const directory = mkdtempSync(join(tmpdir(), "miren-proxy-"))
  const path = join(directory, "proxy")
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>()
  const server = createServer((near) => {
    const far = createConnection(target.replace("unix://", ""))
    const pair = { near, far }
    pairs.add(pair)
    near.pipe(far)
    far.pipe(near)
    const end = () => {
      near.destroy()
      far.destroy()
      pairs.delete(pair)
    }
    for (const socket of [near, far]) socket.on("error", end).on("close", end)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const cut = () => {
    for (const { near, far } of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  return {
    endpoint: `unix://${path}`,
    holdAnswers: () => {
      for (const { near, far } of pairs) far.unpipe(near)
    },
    cut,
    close: () => {
      cut()
      server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
