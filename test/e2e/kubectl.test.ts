/** An unmodified kubectl against `mctl server`: what people type on the first day. */
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { eventually } from "../kit/command.ts"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

const crd = join(import.meta.dirname, "fixtures", "widgets-crd.yaml")
const widget = (name: string, size: number, more = ""): string =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: ${name}\n  labels: {app: ${name}}\nspec:\n  size: ${size}\n${more}`

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("kubectl against the %s world", (kind) => {
    let system: System
    beforeAll(async () => {
      system = await startSystem({ kind, flags: ["--roles", "api,controllers"] })
    })
    afterAll(async () => {
      await system?.destroy()
    })

    const ok = async (args: ReadonlyArray<string>, input?: string): Promise<string> => {
      const result = await system.kubectl(args, input === undefined ? {} : { input })
      expect(`${result.stderr}${result.code === 0 ? "" : `exit ${result.code}`}`).toBe("")
      return result.stdout
    }

    it("creates a CRD and its objects, and lists them as the CRD's columns say", async () => {
      await ok(["apply", "-f", crd])
      await ok(["wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=30s"])
      expect(await ok(["create", "-f", "-"], widget("one", 1))).toBe("widget.example.com/one created\n")
      const table = await ok(["get", "widgets"])
      expect(table).toMatch(/^NAME +SIZE( +AGE)?\none +1/)
      expect(await ok(["get", "wd", "one", "-o", "jsonpath={.spec.colour}"])).toBe("grey")
    })

    it("applies, client-side and server-side, and says what changed", async () => {
      expect(await ok(["apply", "-f", "-"], widget("two", 2))).toBe("widget.example.com/two created\n")
      expect(await ok(["apply", "-f", "-"], widget("two", 3))).toBe("widget.example.com/two configured\n")
      expect(await ok(["apply", "-f", "-"], widget("two", 3))).toBe("widget.example.com/two unchanged\n")
      expect(await ok(["apply", "--server-side", "-f", "-"], widget("three", 3))).toBe(
        "widget.example.com/three serverside-applied\n",
      )
      const conflict = await system.kubectl(["apply", "--server-side", "--field-manager=other", "-f", "-"], {
        input: widget("three", 4),
      })
      expect(conflict.code).toBe(1)
      expect(conflict.stderr).toContain("Apply failed with 1 conflict")
      expect(conflict.stderr).toContain(".spec.size")
    })

    it("patches, labels, edits the status, and deletes", async () => {
      await ok(["create", "-f", "-"], widget("four", 4))
      await ok(["patch", "widget", "four", "--type=merge", "-p", '{"spec":{"size":5}}'])
      await ok([
        "patch",
        "widget",
        "four",
        "--type=json",
        "-p",
        '[{"op":"replace","path":"/spec/size","value":6}]',
      ])
      await ok(["label", "widget", "four", "tier=gold"])
      await ok([
        "patch",
        "widget",
        "four",
        "--subresource=status",
        "--type=merge",
        "-p",
        '{"status":{"made":true}}',
      ])
      expect(
        await ok([
          "get",
          "widget",
          "-l",
          "tier=gold",
          "-o",
          "jsonpath={.items[*].spec.size}/{.items[*].status.made}",
        ]),
      ).toBe("6/true")
      expect(await ok(["delete", "widget", "four"])).toContain('widget.example.com "four" deleted')
      const gone = await system.kubectl(["get", "widget", "four"])
      expect(gone.stderr).toContain('Error from server (NotFound): widgets.example.com "four" not found')
    })

    it("refuses what the schema forbids, naming the field", async () => {
      const wrong = await system.kubectl(["create", "-f", "-"], { input: widget("bad", 0) })
      expect(wrong.stderr).toContain("spec.size: Invalid value: 0")
      const unknown = await system.kubectl(["create", "-f", "-"], {
        input: widget("bad", 1, "  shape: round\n"),
      })
      expect(unknown.stderr).toContain('unknown field "spec.shape"')
      expect((await system.kubectl(["get", "widget", "bad"])).code).toBe(1)
    })

    it("watches: a change made elsewhere shows in `get -w`", async () => {
      await ok(["create", "-f", "-"], widget("watched", 1))
      const watch = system.spawn([
        (await import("../kit/kubectl.ts")).kubectlPath(),
        "get",
        "widgets",
        "-w",
        "--no-headers",
      ])
      let seen = ""
      watch.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk.toString("utf8")
      })
      try {
        await eventually(() => expect(seen).toMatch(/watched +1/))
        await ok(["patch", "widget", "watched", "--type=merge", "-p", '{"spec":{"size":77}}'])
        await eventually(() => expect(seen).toMatch(/watched +77/))
      } finally {
        watch.kill("SIGKILL")
      }
    })

    it("explains, discovers, and works on namespaces, config maps and secrets", async () => {
      expect(await ok(["explain", "widget.spec.size"])).toContain("How big the widget is.")
      expect(await ok(["api-resources"])).toMatch(/widgets +wd +example.com\/v1 +true +Widget/)
      await ok(["apply", "-f", "-"], "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n")
      await ok(
        ["apply", "-n", "team", "-f", "-"],
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n",
      )
      await ok(
        ["apply", "-n", "team", "-f", "-"],
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: d}\n",
      )
      expect(await ok(["get", "cm", "c", "-n", "team", "-o", "jsonpath={.data.a}"])).toBe("d")
      expect(await ok(["delete", "namespace", "team", "--timeout=40s"])).toContain('namespace "team" deleted')
      expect((await system.kubectl(["get", "cm", "c", "-n", "team"])).stderr).toContain("NotFound")
    })

    it("collects what an owner leaves behind", async () => {
      await ok(["create", "-f", "-"], widget("owner", 1))
      const uid = await ok(["get", "widget", "owner", "-o", "jsonpath={.metadata.uid}"])
      await ok(
        ["create", "-f", "-"],
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: owned\n  ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: owner, uid: ${uid}}]\n`,
      )
      await ok(["delete", "widget", "owner"])
      await eventually(async () =>
        expect((await system.kubectl(["get", "cm", "owned"])).stderr).toContain("NotFound"),
      )
    })

    it("drops the kind with its CRD", async () => {
      await ok(["delete", "crd", "widgets.example.com", "--timeout=40s"])
      await eventually(async () =>
        expect((await system.kubectl(["get", "widgets"])).stderr).toContain(
          "the server could not find the requested resource",
        ),
      )
      expect(await ok(["api-resources"])).not.toContain("widgets")
    })
  })
})
