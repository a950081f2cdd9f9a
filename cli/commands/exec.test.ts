import { describe, expect, test } from "vitest"
import type { Channel } from "../program.ts"
import { mctl } from "../testing/fake-server.ts"

const frame = (channel: number, text: string): Uint8Array =>
  Buffer.concat([Uint8Array.of(channel), Buffer.from(text)])
const exit = (code: number): Uint8Array =>
  frame(
    3,
    JSON.stringify(
      code === 0
        ? { status: "Success" }
        : {
            status: "Failure",
            reason: "NonZeroExitCode",
            details: { causes: [{ reason: "ExitCode", message: `${code}` }] },
          },
    ),
  )

/** Answers with these frames once it has seen the end of stdin, if it is to wait for that. */
const channelOf = (frames: ReadonlyArray<Uint8Array>, waitForInput = false) => {
  const sent: Uint8Array[] = []
  let ended = (): void => {}
  const input = new Promise<void>((resolve) => {
    ended = resolve
  })
  const channel: Channel = {
    send: async (bytes) => {
      sent.push(bytes)
      if (bytes[0] === 255) ended()
    },
    frames: (async function* () {
      if (waitForInput) await input
      yield* frames
    })(),
    close: () => {},
  }
  return { channel, sent }
}

const exec = async (words: ReadonlyArray<string>, frames: ReadonlyArray<Uint8Array>, stdin?: string) => {
  const { channel, sent } = channelOf(frames, stdin !== undefined)
  const paths: string[] = []
  const outcome = await mctl(["exec", ...words], {
    ...(stdin === undefined ? {} : { stdin }),
    channel: (path) => {
      paths.push(path)
      return channel
    },
  })
  return { ...outcome, sent, path: paths[0] }
}

describe("exec", () => {
  test("asks for a command's words as they are, and writes its streams to ours", async () => {
    const { path, code, stdout, stderr } = await exec(
      ["hello", "--", "sh", "-c", "a & b"],
      [frame(1, "out"), frame(2, "err"), exit(0)],
    )
    expect(path).toBe(
      "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes/hello/exec?command=sh&command=-c&command=a+%26+b&stdout=true&stderr=true",
    )
    expect([code, stdout, stderr]).toEqual([0, "out", "err"])
  })

  test("ends with the command's exit code, and says nothing of its own", async () => {
    const { code, stderr } = await exec(["sandbox/hello", "--", "false"], [exit(7)])
    expect([code, stderr]).toEqual([7, ""])
  })

  test("passes standard input with -i, and its end", async () => {
    const { sent, stdout } = await exec(
      ["-i", "hello", "--", "cat"],
      [frame(1, "through"), exit(0)],
      "through stdin",
    )
    expect(stdout).toBe("through")
    expect(sent.map((bytes) => [...bytes.subarray(0, 2)])).toEqual([
      [0, "t".charCodeAt(0)],
      [255, 0],
    ])
  })

  test("cuts long input into frames that servers take", async () => {
    const { sent } = await exec(["-i", "hello", "--", "cat"], [exit(0)], "x".repeat(100_000))
    expect(sent.every((bytes) => bytes.byteLength <= 32 * 1024 + 1)).toBe(true)
    expect(sent.filter((bytes) => bytes[0] === 0).reduce((sum, bytes) => sum + bytes.byteLength - 1, 0)).toBe(
      100_000,
    )
  })

  test("asks for no terminal where there is none at our end", async () => {
    const { path, stderr } = await exec(["-it", "hello", "--", "sh"], [exit(0)], "")
    expect(path).not.toContain("tty")
    expect(stderr).toContain("No terminal")
  })

  test("ends with 130 when it is interrupted", async () => {
    let close = (): void => {}
    const closed = new Promise<void>((resolve) => {
      close = resolve
    })
    const channel: Channel = {
      send: async () => {},
      frames: (async function* () {
        yield frame(1, "started")
        await closed
      })(),
      close,
    }
    const { code, stderr } = await mctl(["exec", "hello", "--", "sleep", "9"], {
      channel: () => channel,
      interruptAt: /started/,
    })
    expect([code, stderr]).toEqual([130, ""])
  })

  test.each<[string, ReadonlyArray<string>, ReadonlyArray<Uint8Array>, RegExp]>([
    ["a lost connection", ["hello", "--", "ls"], [frame(1, "half")], /connection was lost/],
    [
      "a command that could not be run",
      ["hello", "--", "nothing"],
      [frame(3, '{"status":"Failure","reason":"InternalError","message":"no such file"}')],
      /no such file/,
    ],
    ["no command", ["hello"], [], /runs what/],
    ["no sandbox", ["--", "ls"], [], /takes one sandbox/],
    ["another kind", ["configmap/x", "--", "ls"], [], /is for sandboxes/],
  ])("fails for %s", async (_, words, frames, want) => {
    const { code, stderr } = await exec(words, frames)
    expect(code).toBe(1)
    expect(stderr).toMatch(want)
  })
})

describe("attach", () => {
  test("asks for the main process's streams, and passes standard input, and its end", async () => {
    const { channel, sent } = channelOf([frame(1, "through"), exit(0)], true)
    const paths: string[] = []
    const { code, stdout, stderr } = await mctl(["attach", "-i", "sb/hello", "-c", "main"], {
      stdin: "through",
      channel: (path) => {
        paths.push(path)
        return channel
      },
    })
    expect(paths).toEqual([
      "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes/hello/attach?container=main&stdin=true&stdout=true&stderr=true",
    ])
    expect([code, stdout, stderr]).toEqual([0, "through", ""])
    expect(sent.at(-1)).toEqual(Uint8Array.of(255, 0))
  })
})

describe("logs", () => {
  const path = "GET /apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes/hello/log"

  test("asks as the options say, and writes what comes", async () => {
    const { code, stdout, requests } = await mctl("logs hello --tail=5 --since=90s --timestamps".split(" "), {
      routes: { [`${path}?`]: { body: "a\nb\n" } },
    })
    expect([code, stdout]).toEqual([0, "a\nb\n"])
    expect(requests.map(({ line }) => line)).toEqual([`${path}?tailLines=5&sinceSeconds=90&timestamps=true`])
  })

  test("with -f goes on until it is interrupted", async () => {
    const { code, stdout } = await mctl(["logs", "-f", "sb/hello"], {
      routes: { [`${path}?follow=true`]: { body: ["a\n", "b\n"] } },
      interruptAt: /b/,
    })
    expect([code, stdout]).toEqual([130, "a\nb\n"])
  })
})
