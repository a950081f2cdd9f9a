/** A Model Context Protocol server as a child process, spoken to over its standard streams: one JSON-RPC message a line. */
import type { ChildProcess } from "node:child_process"
import { createInterface } from "node:readline"

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

export interface ToolResult {
  readonly isError: boolean
  readonly text: string
}

export class McpSession {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #errors = ""
  #last = 0

  constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null || child.stderr === null) throw new Error("no pipes")
    child.stderr.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString("utf8")
    })
    createInterface({ input: child.stdout }).on("line", (line) => {
      const answer: Answer = JSON.parse(line)
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer)
    })
  }

  #send(message: object): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  }

  /** Fails after a while, with what the server said on stderr. */
  async ask(method: string, params: object): Promise<unknown> {
    this.#last += 1
    const id = this.#last
    let timer: NodeJS.Timeout | undefined
    const answer = await new Promise<Answer>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${method} was not answered: ${this.#errors}`)), 60_000)
      this.#waiting.set(id, resolve)
      this.#send({ id, method, params })
    }).finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(id)
    })
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result
  }

  async open(): Promise<void> {
    const clientInfo = { name: "miren-tests", version: "1" }
    await this.ask("initialize", { protocolVersion: "2024-11-05", capabilities: {}, clientInfo })
    this.#send({ method: "notifications/initialized" })
  }

  async tools(): Promise<ReadonlyArray<string>> {
    const { tools } = (await this.ask("tools/list", {})) as { tools: ReadonlyArray<{ name: string }> }
    return tools.map(({ name }) => name).sort()
  }

  async call(name: string, args: object): Promise<ToolResult> {
    const result = (await this.ask("tools/call", { name, arguments: args })) as {
      readonly isError?: boolean
      readonly content: ReadonlyArray<{ readonly text?: string }>
    }
    return { isError: result.isError === true, text: result.content.map(({ text }) => text ?? "").join("\n") }
  }

  close(): void {
    this.#child.kill("SIGKILL")
  }
}
