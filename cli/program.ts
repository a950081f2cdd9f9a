/** What a command works with: where it writes, and the server once it asks for it. Tests give their own. */
import type { Readable, Writable } from "node:stream"
import type { Api } from "./api.ts"
import type { Arguments } from "./arguments.ts"

/** The streams of the process. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly stderr: Writable
}

export interface Cluster {
  readonly api: Api
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string
  readonly server: string
  /** Where its resources are remembered; undefined for nowhere. */
  readonly cacheFolder: string | undefined
  /** A WebSocket of `v5.channel.k8s.io`: exec and attach. Fails as Api does. */
  openChannel(path: string): Promise<Channel>
}

/** Frames both ways: the first byte names the channel, the rest is its payload. */
export interface Channel {
  /** Resolves when the frame is on its way: wait for it, so that a slow peer slows the sender. */
  send(frame: Uint8Array): Promise<void>
  /** Ends when the peer closes. */
  readonly frames: AsyncIterable<Uint8Array>
  close(): void
}

export interface Program {
  readonly streams: Streams
  readonly environment: { readonly [name: string]: string | undefined }
  /** Connects by the global options of the arguments. Fails with CliFailure when there is no usable kubeconfig. */
  connect(args: Arguments): Promise<Cluster>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export const print = ({ streams }: Program, text: string): void => {
  streams.stdout.write(text)
}

export const warn = ({ streams }: Program, text: string): void => {
  streams.stderr.write(text)
}

/** The namespace that a command means: the option's, else the context's; "" for all. */
export const namespaceOf = (args: Arguments, cluster: Cluster): string =>
  args.flag("all-namespaces") ? "" : (args.text("namespace") ?? cluster.namespace)

/** Whether to colour: on a terminal, unless NO_COLOR says otherwise. */
export const colours = ({ streams, environment }: Program): boolean =>
  streams.stdout.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb"
