/** What a program does with a Pod through @kubernetes/client-node: reads its log, runs a command in it, talks to its port. */
import { PassThrough } from "node:stream"
import { CoreV1Api, Exec, KubeConfig, Log, PortForward, type V1Status } from "@kubernetes/client-node"

const [namespace = "", name = "", port = ""] = process.argv.slice(2)
const config = new KubeConfig()
config.loadFromDefault()

const textOf = async (stream: PassThrough): Promise<string> => {
  let text = ""
  for await (const chunk of stream) text += String(chunk)
  return text
}

const api = config.makeApiClient(CoreV1Api)
const pod = await api.readNamespacedPod({ name, namespace })
const container = pod.spec?.containers[0]?.name ?? ""

const log = new PassThrough()
const logText = textOf(log)
await new Log(config).log(namespace, name, container, log, { tailLines: 1 })

const exec = async (command: ReadonlyArray<string>): Promise<{ output: string; status: V1Status }> => {
  const output = new PassThrough()
  const text = textOf(output)
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, name, container, [...command], output, null, null, false, resolve)
      .catch(reject)
  })
  output.end()
  return { output: await text, status }
}

const answerOf = async (): Promise<string> => {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const socket = await new PortForward(config).portForward(
    namespace,
    name,
    [Number(port)],
    output,
    errors,
    input,
  )
  input.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
  let text = ""
  for await (const chunk of output) {
    text += String(chunk)
    if (text.includes("Hello from")) break
  }
  if (typeof socket === "object" && "close" in socket) socket.close()
  return text
}

const ran = await exec(["/bin/echo", "hello"])
const failed = await exec(["/bin/sh", "-c", "exit 3"])
const answer = await answerOf()
console.log(
  JSON.stringify({
    phase: pod.status?.phase,
    log: await logText,
    ran,
    failed: failed.status,
    isServed: answer.includes("Hello from"),
  }),
)
process.exit(0)
