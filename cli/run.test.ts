import { describe, expect, test } from "vitest"
import { commands } from "./command-table.ts"
import { failure, mctl } from "./testing/fake-server.ts"

describe("a command line", () => {
  test.each([[["--help"]], [["help"]], [[]]])("%j shows every command", async (words) => {
    const { code, stdout } = await mctl(words)
    expect(code).toBe(0)
    for (const { name } of commands) expect(stdout).toContain(`mctl ${name} `)
  })

  test.each([[["get", "--help"]], [["help", "get"]], [["-h", "get"]]])(
    "%j explains one command",
    async (words) => {
      const { code, stdout } = await mctl(words)
      expect([code, stdout.split("\n")[0]]).toEqual([0, "mctl get TYPE[,TYPE...] [NAME...] | TYPE/NAME..."])
      expect(stdout).toContain("--sort-by")
    },
  )

  test("may have its global options first", async () => {
    const path = "GET /api/v1/namespaces/get/configmaps"
    const { requests } = await mctl(["-n", "get", "get", "cm"], {
      routes: { [path]: { body: { rows: [] } } },
    })
    expect(requests.at(-1)?.line).toBe(`${path}?limit=500`)
  })

  test("with an unknown command names those that are near", async () => {
    const { code, stderr } = await mctl(["desc"])
    expect([code, stderr]).toEqual([
      1,
      'error: unknown command "desc"; did you mean describe? (`mctl --help` lists all)\n',
    ])
  })

  test.each([
    [
      "a server that says no",
      failure(403, "Forbidden", "you may not list"),
      "Error from server (Forbidden): you may not list\n",
    ],
    [
      "a server that sends no Status",
      { status: 502, body: "<html>\nbad gateway" },
      "Error from server (502): GET /api/v1/namespaces/default/configmaps?limit=500: <html>\n",
    ],
    [
      "an answer that is no JSON",
      { body: "{" },
      "error: the answer to /api/v1/namespaces/default/configmaps?limit=500 is not JSON\n",
    ],
  ])("tells of %s in one line", async (_, response, want) => {
    const { code, stderr } = await mctl(["get", "cm"], {
      routes: { "GET /api/v1/namespaces/default/configmaps": response },
    })
    expect([code, stderr]).toEqual([1, want])
  })

  test("tells of a server that does not answer, and what to do", async () => {
    const refused = { request: () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:6443")) }
    const { code, stderr } = await mctl(["get", "cm"], { transport: refused })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: cannot reach the server at https:\/\/fake: .*`mctl server` runs one/)
  })

  test("shows no control characters of a server's error", async () => {
    const { stderr } = await mctl(["get", "cm"], {
      routes: {
        "GET /api/v1/namespaces/default/configmaps": failure(400, "BadRequest", "bad \u001b[31mred"),
      },
    })
    expect(stderr).toBe("Error from server (BadRequest): bad \ufffd[31mred\n")
  })

  test("passes on the warnings of the server", async () => {
    const headers = { warning: '299 - "Widget v1 is \\"old\\"", 299 - "use v2"' }
    const { stderr } = await mctl(["get", "cm"], {
      routes: {
        "GET /api/v1/namespaces/default/configmaps": { headers, body: { rows: [{ cells: ["a"] }] } },
      },
    })
    expect(stderr).toBe('Warning: Widget v1 is "old"\nWarning: use v2\n')
  })
})
