/**
 * What a fake container does, as data: its output and its end on a time line that starts at 0.
 *
 * `interpret` reads the command as the few builtin programs would: true, false, echo, sleep, cat, stty, and `sh -c` of
 * those with `exit`, `trap` and `kill -9 $$`, joined by `;`, `&&` or new lines. What stands behind a `cat` comes when its
 * input has ended. Any other command is a server: it runs until stopped.
 */
export interface ProgramOutput {
  /** Milliseconds after the start. */
  readonly at: number
  readonly stream: "stdout" | "stderr"
  readonly text: string
}

export interface ProgramExit {
  /** Milliseconds after the start. */
  readonly at: number
  readonly exitCode: number
  readonly oomKilled?: boolean
}

export interface Program {
  readonly output: ReadonlyArray<ProgramOutput>
  /** Absent: runs until stopped. */
  readonly exit?: ProgramExit
  /** The exit code that SIGTERM leads to; `ignored`: only SIGKILL ends it. */
  readonly onTerm: number | "ignored"
  /** What it does when its stdin, which it copies to stdout until then, has ended. Absent: it reads none. */
  readonly atStdinEnd?: Program
}

const SIGTERM_EXIT = 143
const SIGKILL_EXIT = 137

/** A program that runs until it is stopped. */
export const server: Program = { output: [], onTerm: SIGTERM_EXIT }

/** A program that ends by itself after `millis`. */
export const exitsAfter = (millis: number, exitCode = 0, oomKilled = false): Program => ({
  ...server,
  exit: { at: millis, exitCode, oomKilled },
})

interface Line {
  at: number
  output: Array<ProgramOutput>
  exit?: ProgramExit
  onTerm: number | "ignored"
  /** The statements behind a `cat`. */
  atStdinEnd?: Line
  forever: boolean
  lastCode: number
}

const newLine = (): Line => ({ at: 0, output: [], onTerm: SIGTERM_EXIT, forever: false, lastCode: 0 })

const print = (line: Line, text: string, stream: "stdout" | "stderr" = "stdout") => {
  line.output.push({ at: line.at, stream, text: `${text}\n` })
}

const builtins: { readonly [name: string]: (line: Line, args: ReadonlyArray<string>) => void } = {
  true: (line) => {
    line.lastCode = 0
  },
  false: (line) => {
    line.lastCode = 1
  },
  exit: (line, [code]) => {
    line.exit = { at: line.at, exitCode: Number(code ?? line.lastCode) }
  },
  sleep: (line, [seconds]) => {
    line.at += Number(seconds ?? 0) * 1000
  },
  echo: (line, args) => {
    const toStderr = args.at(-1) === ">&2"
    print(line, (toStderr ? args.slice(0, -1) : args).join(" "), toStderr ? "stderr" : "stdout")
  },
  cat: (line) => {
    line.atStdinEnd ??= newLine()
  },
  kill: (line, args) => {
    if (args[0] === "-9") line.exit = { at: line.at, exitCode: SIGKILL_EXIT }
  },
  trap: (line, [action]) => {
    const code = /^exit (\d+)$/.exec(action ?? "")?.[1]
    line.onTerm = code === undefined ? "ignored" : Number(code)
  },
  dmesg: (line) => print(line, "the fake runtime: nothing runs here"),
  hostname: (line) => print(line, "fake"),
}

const words = (statement: string): ReadonlyArray<string> =>
  Array.from(
    statement.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  )

/** Splits a script into statements at `;`, `&&` and new lines that stand outside quotes. */
const statements = (script: string): ReadonlyArray<string> =>
  (script.match(/(?:'[^']*'|"[^"]*"|&(?!&)|[^;&\n])+/g) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== "")

const run = (line: Line, command: ReadonlyArray<string>): void => {
  const [path = "", ...args] = command
  const name = path.slice(path.lastIndexOf("/") + 1)
  if (name === "busybox" || name === "exec") {
    run(line, args)
    return
  }
  if (name === "sh" && args[0] === "-c") {
    for (const statement of statements(args[1] ?? "")) {
      const current = line.atStdinEnd ?? line
      if (current.exit !== undefined || current.forever) return
      run(current, words(statement))
    }
    return
  }
  const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined
  if (builtin === undefined) line.forever = true
  else {
    line.lastCode = 0
    builtin(line, args)
  }
}

const programOf = ({ at, output, onTerm, exit, forever, lastCode, atStdinEnd }: Line): Program => {
  // A second `cat` finds nothing more to read.
  if (atStdinEnd !== undefined)
    return { output, onTerm, atStdinEnd: withStdinEnded(programOf(atStdinEnd), 0) }
  if (exit === undefined && forever) return { output, onTerm }
  return { output, onTerm, exit: exit ?? { at, exitCode: lastCode } }
}

/** The program that a command stands for. Never fails: what it does not know is a {@link server}. */
export const interpret = (command: ReadonlyArray<string>): Program => {
  const line = { ...newLine(), forever: command.length === 0 }
  run(line, command)
  return programOf(line)
}

/** The program whose stdin ends `at` milliseconds after its start. */
export const withStdinEnded = (program: Program, at: number): Program => {
  const { output, onTerm, atStdinEnd } = program
  if (atStdinEnd === undefined) return program
  // It reads its input only when it has said what comes before.
  const from = Math.max(at, output.at(-1)?.at ?? 0)
  const { exit } = atStdinEnd
  return {
    output: [...output, ...atStdinEnd.output.map((line) => ({ ...line, at: from + line.at }))],
    onTerm,
    ...(exit === undefined ? {} : { exit: { ...exit, at: from + exit.at } }),
  }
}
