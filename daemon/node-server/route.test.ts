import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { parseRoute } from "./route.ts"

const parsed = (url: string): unknown => {
  const route = parseRoute(url)
  return Result.isSuccess(route) ? route.success : route.failure.reason
}
const sandbox = { namespace: "default", name: "web" }

describe("a path", () => {
  test.each<[string, string, object]>([
    [
      "asks for the log as it is",
      "/sandboxes/default/web/log",
      { follow: false, previous: false, timestamps: false },
    ],
    [
      "asks for all that a log can be",
      "/sandboxes/default/web/log?follow=true&tailLines=10&sinceSeconds=5&timestamps=true&previous=1",
      { follow: true, previous: true, timestamps: true, tailLines: 10, sinceSeconds: 5 },
    ],
    ["may set a boolean by its name alone", "/sandboxes/default/web/log?follow", { follow: true }],
    ["does not set what is false", "/sandboxes/default/web/log?follow=false", { follow: false }],
    ["may ask for no line", "/sandboxes/default/web/log?tailLines=0", { tailLines: 0 }],
  ])("%s", (_name, url, query) => {
    expect(parsed(url)).toMatchObject({ _tag: "Log", sandbox, query })
  })

  test("names a command word by word", () => {
    const url =
      "/sandboxes/default/web/exec?command=sh&command=-c&command=echo%20a%26b&stdin=true&stdout=true&tty=true"
    const query = { command: ["sh", "-c", "echo a&b"], stdin: true, stdout: true, stderr: false, tty: true }
    expect(parsed(url)).toMatchObject({ _tag: "Exec", sandbox, query })
  })

  test.each<[string, string, string]>([
    ["that leads nowhere", "/pods/default/web/log", "NotFound"],
    ["that goes on after its verb", "/sandboxes/default/web/log/more", "NotFound"],
    ["without a name", "/sandboxes/default//log", "NotFound"],
    ["of another verb", "/sandboxes/default/web/checkpoint", "NotFound"],
    ["that is no path", "https://[", "BadRequest"],
    ["with half a line", "/sandboxes/default/web/log?tailLines=1.5", "BadRequest"],
    ["with fewer lines than none", "/sandboxes/default/web/log?tailLines=-1", "BadRequest"],
    ["with more lines than are given", "/sandboxes/default/web/log?tailLines=99999999", "BadRequest"],
    ["since no time", "/sandboxes/default/web/log?sinceSeconds=0", "BadRequest"],
    ["without a command", "/sandboxes/default/web/exec?stdout=true", "BadRequest"],
    ["with an empty program", "/sandboxes/default/web/exec?command=&stdout=true", "BadRequest"],
    ["with no stream", "/sandboxes/default/web/exec?command=true", "BadRequest"],
    [
      "with too many words",
      `/sandboxes/default/web/exec?stdout&${"command=x&".repeat(257)}`,
      "RequestEntityTooLarge",
    ],
    ["that is too long", `/sandboxes/${"x".repeat(40_000)}`, "RequestEntityTooLarge"],
  ])("%s is refused", (_name, url, reason) => {
    expect(parsed(url)).toBe(reason)
  })
})
