import { describe, expect, it } from "vitest"
import { argumentsOf, environmentOf } from "./command.ts"
import { resolveUser } from "./user.ts"

describe("a container's arguments", () => {
  const image = { entrypoint: ["/entry"], cmd: ["image", "cmd"] }
  it.each([
    ["neither command nor args: the image's entrypoint and cmd", {}, ["/entry", "image", "cmd"]],
    ["args alone replace the image's cmd", { args: ["a"] }, ["/entry", "a"]],
    ["a command alone drops the image's cmd too", { command: ["/c"] }, ["/c"]],
    ["a command with args is both", { command: ["/c"], args: ["a"] }, ["/c", "a"]],
    ["empty lists count as absent", { command: [], args: [] }, ["/entry", "image", "cmd"]],
  ])("%s", (_, container, want) => expect(argumentsOf(container, image)).toEqual(want))
})

describe("a container's environment", () => {
  const sources = { image: [], container: [], hostname: "h", tty: false }
  it("has a PATH and the hostname where nobody says", () => {
    expect(environmentOf(sources)).toEqual([expect.stringMatching(/^PATH=\/usr\/local/), "HOSTNAME=h"])
  })
  it("has each name once: the container's over the image's over the defaults", () => {
    const environment = environmentOf({
      ...sources,
      image: ["PATH=/image", "A=image", "NOVALUE", "=odd"],
      container: [{ name: "A", value: "own=1" }],
    })
    expect(environment).toEqual(["PATH=/image", "HOSTNAME=h", "A=own=1"])
  })
})

describe("the user of an image", () => {
  const files = {
    "etc/passwd": "root:x:0:0::/:/bin/sh\nweb:x:1000:1001::/:/bin/sh\nbad:x:-1:x::/:\n",
    "etc/group": "root:x:0:\nstaff:x:50:web\n",
  }
  it.each([
    ["", { uid: 0, gid: 0 }],
    ["web", { uid: 1000, gid: 1001 }],
    ["web:staff", { uid: 1000, gid: 50 }],
    ["1000", { uid: 1000, gid: 1001 }],
    ["4242", { uid: 4242, gid: 0 }],
    ["12:34", { uid: 12, gid: 34 }],
    ["nobody", undefined],
    ["web:nogroup", undefined],
    ["bad", undefined],
    ["99999999999", undefined],
  ])("%s", (text, want) => expect(resolveUser(text, (path) => files[path])).toEqual(want))
})
