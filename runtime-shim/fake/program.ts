/**
 * What a fake container does, as data: its output and its end on a time line that starts at 0.
 *
 * `interpret` reads the command as the few builtin programs would: true, false, echo, sleep, cat, stty, and `sh -c` of
 * those with `exit`, `trap` and `kill -9 $$`, joined by `;`, `&&` or new lines. Any other command is a server: it runs until stopped.
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
  /** Copies stdin to stdout, and ends with it. */
  readonly copiesStdin: boolean
}

const SIGTERM_EXIT = 143
const SIGKILL_EXIT = 137

/** A program that runs until it is stopped. */
export const server: Program = { output: [], onTerm: SIGTERM_EXIT, copiesStdin: false }

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
  copiesStdin: boolean
  forever: boolean
  lastCode: number
}

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
    line.copiesStdin = true
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
      if (line.exit !== undefined || line.forever) return
      run(line, words(statement))
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

/** The program that a command stands for. Never fails: what it does not know is a {@link server}. */
export const interpret = (command: ReadonlyArray<string>): Program => {
  const line: Line = {
    at: 0,
    output: [],
    onTerm: SIGTERM_EXIT,
    copiesStdin: false,
    forever: command.length === 0,
    lastCode: 0,
  }
  run(line, command)
  const { output, onTerm, copiesStdin } = line
  if (line.exit !== undefined) return { output, onTerm, copiesStdin, exit: line.exit }
  if (line.forever || copiesStdin) return { output, onTerm, copiesStdin }
  return { output, onTerm, copiesStdin, exit: { at: line.at, exitCode: line.lastCode } }
}
