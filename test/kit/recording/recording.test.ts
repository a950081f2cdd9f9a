import { describe, expect, it } from "vitest"
import { askedOf, type Exchange } from "./asked.ts"
import { differences, parseRecording, Recorder, recordingText } from "./recording.ts"

const exchange = (more: Partial<Exchange>): Exchange => ({
  method: "GET",
  path: "/api",
  headers: {},
  body: Buffer.alloc(0),
  status: 200,
  responseType: "application/json",
  ...more,
})

describe("a request as its client's habit", () => {
  it.each([
    [
      "/api/v1/namespaces/team/pods/web-0/log?container=c&follow=true",
      "/api/v1/namespaces/{namespace}/pods/{name}/log?container&follow=true",
    ],
    ["/api/v1/namespaces/team", "/api/v1/namespaces/{name}"],
    ["/api/v1/namespaces/team/status", "/api/v1/namespaces/{name}/status"],
    [
      "/apis/example.com/v1/widgets?limit=500&resourceVersion=0",
      "/apis/example.com/v1/widgets?limit=500&resourceVersion=0",
    ],
    [
      "/apis/example.com/v1/widgets?watch=true&resourceVersion=812&timeoutSeconds=417",
      "/apis/example.com/v1/widgets?resourceVersion&timeoutSeconds&watch=true",
    ],
    ["/api/v1/nodes/n1/proxy/x", "/api/v1/nodes/{name}/proxy/x"],
    ["/api/v1/x?command=sh&command=-c", "/api/v1/x?command"],
    ["/openapi/v3/apis/example.com/v1?hash=0A", "/openapi/v3/apis/example.com/v1?hash"],
    ["/apis", "/apis"],
    ["/version?timeout=32s", "/version?timeout"],
  ])("has no names: %s", (path, pattern) => {
    expect(askedOf(exchange({ path })).request).toBe(`GET ${pattern}`)
  })

  it("keeps of a body its shape, and nothing that is in it", () => {
    const bodyOf = (value: unknown) => askedOf(exchange({ body: Buffer.from(JSON.stringify(value)) })).body
    expect(bodyOf({ data: { a: "one" }, kind: "Secret" })).toBe(bodyOf({ kind: "X", data: { a: "two" } }))
    expect(bodyOf({ data: { a: "one" } })).not.toBe(bodyOf({ data: { b: "one" } }))
    expect(askedOf(exchange({ body: Buffer.from("k8s\0secret") })).body).toBe("protobuf")
  })

  it("keeps the headers that choose an answer, but not who is meant", () => {
    const headers = { accept: "application/json", authorization: "Bearer x", "impersonate-user": "ann" }
    expect(askedOf(exchange({ headers })).headers).toEqual([
      "accept: application/json",
      "impersonate-user: …",
    ])
  })
})

describe("a recording", () => {
  const recordingOf = (...exchanges: ReadonlyArray<Partial<Exchange>>) => {
    const recorder = new Recorder()
    for (const one of exchanges) recorder.add(askedOf(exchange(one)))
    return recorder.recording
  }
  const all = recordingOf(
    { path: "/api/v1/pods", headers: { accept: "application/json" } },
    { method: "POST", path: "/api/v1/namespaces/a/pods", body: Buffer.from("{}"), status: 201 },
  )

  it("is read as it was written", () => {
    expect(parseRecording(recordingText("x", all))).toEqual(all)
  })

  it("of the same habits is no other", () => {
    const now = recordingOf(
      { method: "POST", path: "/api/v1/namespaces/b/pods", body: Buffer.from('{"a":1}'), status: 201 },
      { path: "/api/v1/pods", headers: { accept: "application/json" } },
    )
    expect(differences("x", { before: all, now }, true)).toEqual([])
  })

  it("says in words what is new, what is gone, and what is answered otherwise", () => {
    const now = recordingOf(
      { path: "/api/v1/pods", headers: { accept: "application/json" }, status: 404 },
      { path: "/apis" },
    )
    expect(differences("kubectl 9", { before: all, now }, true)).toEqual([
      "kubectl 9 is now answered 404 application/json where it was 200 application/json: GET /api/v1/pods (accept: application/json)",
      "kubectl 9 no longer asks POST /api/v1/namespaces/{namespace}/pods, which was answered 201 application/json",
      "kubectl 9 now asks GET /apis, and is answered 200 application/json",
    ])
    expect(differences("x", { before: all, now: new Map() }, false)).toEqual([])
  })

  it("misses nothing that is asked sometimes, and keeps that word", () => {
    const text = recordingText("x", all).replace("POST", "sometimes POST")
    const before = parseRecording(text)
    expect(
      differences(
        "x",
        { before, now: recordingOf({ path: "/api/v1/pods", headers: { accept: "application/json" } }) },
        true,
      ),
    ).toEqual([])
    expect(recordingText("x", all, before)).toBe(text)
  })
})
