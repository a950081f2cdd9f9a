/** A TCP relay on a free loopback port that can stop passing bytes without closing anything: a network that went away. */
import * as net from "node:net"

export const startFreezingProxy = async (target: string) => {
  const { port } = new URL(target)
  const sockets = new Set<net.Socket>()
  const frozen = new Set<net.Socket>()
  const relay = (from: net.Socket, to: net.Socket): void => {
    sockets.add(from)
    from.on("data", (chunk) => {
      if (!frozen.has(from)) to.write(chunk)
    })
    from.on("error", () => to.destroy())
    from.on("close", () => to.destroy())
  }
  const server = net.createServer((incoming) => {
    const outgoing = net.connect(Number(port), "127.0.0.1")
    relay(incoming, outgoing)
    relay(outgoing, incoming)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as net.AddressInfo
  return {
    url: `https://127.0.0.1:${address.port}`,
    /** Connections that are open now pass nothing from now on. */
    freeze: () => {
      for (const socket of sockets) frozen.add(socket)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
