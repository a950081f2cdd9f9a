/**
 * Every verb of kubectl that works on what we serve, by Debian 12's kubectl 1.20 and by a newer one, both unmodified; what each
 * asked is compared with what it is known to ask. The verbs are those of kubectl's own reference.
 */
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { helloReference } from "../../../dev/hello-image.ts"
import { type CommandResult, eventually } from "../../kit/command.ts"
import { kubectlPath, oldKubectlPath } from "../../kit/kubectl.ts"
import { ClientRecording, type RecordedClient } from "../../kit/recording/recorded-client.ts"
import { endToEnd, type System, startSystem, worlds } from "../../kit/system.ts"

const crd = join(import.meta.dirname, "..", "fixtures", "gadgets-crd.yaml")

interface Kubectl {
  readonly name: string
  readonly path: () => string
  /** Since 1.27 or so; the old one knows neither `events` nor `--subresource`. */
  readonly isNew: boolean
  readonly recording: ClientRecording
}

const kubectls: ReadonlyArray<Kubectl> = [
  {
    name: "kubectl 1.20",
    path: oldKubectlPath,
    isNew: false,
    recording: new ClientRecording("kubectl 1.20"),
  },
  { name: "kubectl 1.33", path: kubectlPath, isNew: true, recording: new ClientRecording("kubectl 1.33") },
]

const gadget = (name: string, spec: string, more = ""): string =>
  `apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: ${name}, labels: {app: ${name}}${more}}\nspec: ${spec}\n`

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("in the %s world", (kind) => {
    let system: System
    beforeAll(async () => {
      system = await startSystem({ kind })
    })
    afterAll(async () => {
      await system?.destroy()
    })

    describe.each(kubectls)("$name", ({ name, path, isNew, recording }) => {
      const namespace = name.replaceAll(/[ .]/g, "-")
      let recorded: RecordedClient
      let folder = ""
      beforeAll(async () => {
        recorded = await recording.open(system)
        folder = mkdtempSync(join(kind === "ordinary" ? "/tmp" : tmpdir(), "kubectl-"))
        const { uid, gid } = statSync(system.kubeconfig)
        mkdirSync(join(folder, "home"))
        for (const made of [folder, join(folder, "home")]) chownSync(made, uid, gid)
        await ok("create", "namespace", namespace)
        await ok("apply", "-f", crd)
        await ok("wait", "--for=condition=Established", "crd/gadgets.example.com", "--timeout=30s")
      })
      afterAll(async () => {
        await recorded?.close()
        rmSync(folder, { recursive: true, force: true })
      })

      const argv = (words: ReadonlyArray<string>): ReadonlyArray<string> => [
        ...["timeout", "-k", "1", "60", path(), "--cache-dir", join(folder, "cache")],
        ...(words.includes("-n") || words.includes("-A") ? words : ["-n", namespace, ...words]),
      ]
      const env = () => ({ KUBECONFIG: recorded.kubeconfig, HOME: join(folder, "home"), TMPDIR: folder })
      const kubectl = (
        words: ReadonlyArray<string>,
        more: { readonly input?: string; readonly env?: { readonly [name: string]: string } } = {},
      ): Promise<CommandResult> => system.command(argv(words), { ...more, env: { ...env(), ...more.env } })
      /** What a command that must succeed says. Notes on stderr are let pass. */
      const said = async (...words: ReadonlyArray<string>): Promise<string> => {
        const result = await kubectl(words)
        expect(`${words.join(" ")}: ${result.code === 0 ? "" : result.stderr}`).toBe(`${words.join(" ")}: `)
        return result.stdout
      }
      const ok = said
      const given = async (input: string, ...words: ReadonlyArray<string>): Promise<string> => {
        const result = await kubectl([...words, "-f", "-"], { input })
        expect(`${words.join(" ")}: ${result.code === 0 ? "" : result.stderr}`).toBe(`${words.join(" ")}: `)
        return result.stdout
      }
      const refused = async (...words: ReadonlyArray<string>): Promise<string> => {
        const result = await kubectl(words)
        expect(`${words.join(" ")}: ${result.code}`).not.toBe(`${words.join(" ")}: 0`)
        return result.stderr
      }
      /** Runs it until `check` holds of what it has said. */
      const whileRunning = async (
        words: ReadonlyArray<string>,
        check: (seen: string) => Promise<void> | void,
      ) => {
        const child = system.spawn(["env", `KUBECONFIG=${recorded.kubeconfig}`, ...argv(words).slice(4)])
        let seen = ""
        for (const stream of [child.stdout, child.stderr])
          stream?.on("data", (chunk: Buffer) => {
            seen += chunk.toString("utf8")
          })
        try {
          await eventually(() => check(seen))
        } finally {
          child.kill("SIGKILL")
        }
      }

      it("version, cluster-info, api-resources, api-versions, explain", async () => {
        expect(await ok("version", ...(isNew ? [] : ["--short"]))).toContain("Server Version")
        expect(await ok("cluster-info")).toContain("control plane")
        // It stops at the first kind that nobody serves.
        expect(await refused("cluster-info", "dump", "--namespaces", namespace)).toContain(
          "replicationcontrollers",
        )
        expect(await ok("api-resources")).toMatch(/gadgets +gd +example\.com\/v1 +true +Gadget/)
        expect(await ok("api-resources", "--verbs=list", "--namespaced", "-o", "name")).toContain(
          "gadgets.example.com",
        )
        expect(await ok("api-versions")).toContain("example.com/v1")
        expect(await ok("explain", "gadget.spec.replicas")).toContain("How many there are to be.")
        expect(await ok("explain", "gadgets", "--recursive")).toContain("colour")
        if (isNew)
          expect(await ok("explain", "gadget.spec", "--output=plaintext-openapiv2")).toContain(
            "What is wanted.",
          )
        expect(await ok("config", "view", "--minify")).toContain("server: https://")
        expect(await ok("config", "current-context")).not.toBe("")
      })

      it("create: from files, and with its generators", async () => {
        expect(await given(gadget("made", "{replicas: 2}"), "create")).toBe(
          "gadget.example.com/made created\n",
        )
        expect(await given(gadget("unseen", "{}"), "create", "--dry-run=server")).toContain(
          "created (server dry run)",
        )
        expect(
          (await kubectl(["create", "-f", "-"], { input: gadget("wrong", "{size: 1}") })).stderr,
        ).toMatch(/unknown field "(spec\.)?size"/)
        expect(await given(gadget("lax", "{size: 1}"), "create", "--validate=false")).toContain("lax created")
        if (isNew) {
          const warned = await kubectl(["create", "--validate=warn", "-f", "-"], {
            input: gadget("warned", "{size: 1}"),
          })
          expect([warned.code, warned.stderr]).toEqual([0, 'Warning: unknown field "spec.size"\n'])
        }
        const raw = `/apis/example.com/v1/namespaces/${namespace}/gadgets`
        const body = '{"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"raw"}}'
        expect(await given(body, "create", "--raw", raw)).toContain('"name":"raw"')
        await ok("create", "configmap", "settings", "--from-literal=a=b")
        await ok("create", "secret", "generic", "hidden", "--from-literal=word=open")
        expect(await ok("get", "secret", "hidden", "-o", "jsonpath={.data.word}")).toBe("b3Blbg==")
        await ok("create", "secret", "docker-registry", "pulls", "--docker-username=u", "--docker-password=p")
        await ok("create", "serviceaccount", "robot")
        await ok("create", "role", "reader", "--verb=get,list,watch", "--resource=gadgets.example.com")
        await ok(
          "create",
          "rolebinding",
          "robots-read",
          "--role=reader",
          `--serviceaccount=${namespace}:robot`,
        )
        await ok("create", "clusterrole", `${namespace}-reader`, "--verb=get", "--resource=nodes")
        await ok(
          "create",
          "clusterrolebinding",
          `${namespace}-read`,
          `--clusterrole=${namespace}-reader`,
          "--user=ann",
        )
        if (isNew) expect((await ok("create", "token", "robot")).split(".")).toHaveLength(3)
      })

      it("get: one, all, some, in every form", async () => {
        expect(await ok("get", "gadgets")).toMatch(/^NAME +REPLICAS( +AGE)?\nlax +1[\s\S]*made +2/)
        expect(await ok("get", "gd", "made", "-o", "wide")).toMatch(/COLOUR[\s\S]*grey/)
        expect(await ok("get", "gadget/made", "-o", "yaml")).toContain("kind: Gadget")
        expect(JSON.parse(await ok("get", "gadgets", "-o", "json")).kind).toBe("List")
        expect(await ok("get", "gadgets", "-o", "name")).toContain("gadget.example.com/made\n")
        expect(await ok("get", "gadget", "made", "-o", "jsonpath={.spec.replicas}")).toBe("2")
        expect(await ok("get", "gadgets", "-o", "custom-columns=N:.metadata.name,C:.spec.colour")).toMatch(
          /made +grey/,
        )
        expect(await ok("get", "gadgets", "-o", "go-template={{len .items}}")).toMatch(/^\d+$/)
        expect(await ok("get", "gadgets", "--server-print=false")).toContain("made")
        expect(await ok("get", "gadgets", "-A", "-l", "app=made")).toContain("made")
        expect(await ok("get", "gadgets", "--field-selector", "spec.colour=grey,metadata.name=made")).toMatch(
          /\nmade /,
        )
        expect(await ok("get", "gadgets", "--chunk-size=1")).toMatch(/lax[\s\S]*made[\s\S]*raw/)
        expect(await ok("get", "gadgets", "--chunk-size=0", "--show-labels")).toContain("app=made")
        expect(await ok("get", "gadgets", "--sort-by=.spec.replicas", "--no-headers")).toMatch(
          /made +2[^\n]*\n$/,
        )
        expect(await ok("get", "configmaps,secrets,serviceaccounts")).toContain("secret/hidden")
        expect(await ok("get", "all")).not.toContain("error")
        expect(await ok("get", "nodes,namespaces", "-A")).toContain(`namespace/${namespace}`)
        if (isNew) expect(await ok("get", "gadget", "made", "--subresource=scale")).toContain("made")
        expect(await ok("get", "--raw", "/readyz?verbose")).toContain("ok")
        expect(await refused("get", "nothings")).toContain("the server doesn't have a resource type")
        expect(await refused("get", "gadget", "nobody")).toContain("NotFound")
      })

      it("get -w: a list, and one", async () => {
        await whileRunning(["get", "gadgets", "-w", "--no-headers"], async (seen) => {
          expect(seen).toMatch(/made +2/)
        })
        let replicas = 2
        await whileRunning(
          ["get", "gadget", "made", "-w", "-o", "jsonpath={.spec.replicas};"],
          async (seen) => {
            replicas += 1
            await ok("patch", "gadget", "made", "--type=merge", "-p", `{"spec":{"replicas":${replicas}}}`)
            expect(seen).toMatch(/2;.*4;/)
          },
        )
      })

      it("apply: for the first time, again, on the server, with what it prunes", async () => {
        const apply = (input: string, ...more: ReadonlyArray<string>) => given(input, "apply", ...more)
        expect(await apply(gadget("app", "{replicas: 1}"))).toBe("gadget.example.com/app created\n")
        expect(await apply(gadget("app", "{replicas: 2}"))).toBe("gadget.example.com/app configured\n")
        expect(await apply(gadget("app", "{replicas: 2}"))).toBe("gadget.example.com/app unchanged\n")
        expect(await apply(gadget("app", "{replicas: 3}"), "--dry-run=server")).toContain(
          "configured (server dry run)",
        )
        const built = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {a: "
        expect(await apply(`${built}b}\n`)).toBe("configmap/app created\n")
        expect(await apply(`${built}c}\n`)).toBe("configmap/app configured\n")
        expect(await ok("apply", "view-last-applied", "gadget/app")).toContain("replicas: 2")
        const set = await kubectl(["apply", "set-last-applied", "-f", "-"], {
          input: gadget("app", "{replicas: 5}"),
        })
        expect(set.code).toBe(0)
        const server = ["--server-side", "--field-manager=tests"]
        expect(await apply(gadget("server", "{replicas: 1}"), ...server)).toContain("serverside-applied")
        const conflict = await kubectl(["apply", "--server-side", "--field-manager=others", "-f", "-"], {
          input: gadget("server", "{replicas: 2}"),
        })
        expect(conflict.stderr).toContain("conflict")
        const forced = ["--server-side", "--field-manager=others", "--force-conflicts"]
        expect(await apply(gadget("server", "{replicas: 2}"), ...forced)).toContain("serverside-applied")
        expect(await apply(gadget("app", "{replicas: 2}"), "--server-side", "--force-conflicts")).toContain(
          "applied",
        )
        const label = ', set: "1"'
        const labelled = (one: string) => gadget(one, "{}").replace(`{app: ${one}}`, `{app: ${one}${label}}`)
        await apply(`${labelled("stays")}---\n${labelled("goes")}`)
        const allowed = isNew ? "--prune-allowlist" : "--prune-whitelist"
        const pruned = await apply(
          labelled("stays"),
          "--prune",
          "-l",
          "set=1",
          `${allowed}=example.com/v1/Gadget`,
        )
        expect(pruned).toContain("gadget.example.com/goes pruned")
      })

      if (isNew)
        it("apply: a set that has its own record", async () => {
          const apply = (input: string) =>
            kubectl(["apply", "--prune", "--applyset=secrets/the-set", "-f", "-"], {
              input,
              env: { KUBECTL_APPLYSET: "true" },
            })
          const first = await apply(`${gadget("in-set", "{}")}---\n${gadget("soon-out", "{}")}`)
          expect(`${first.stdout}${first.stderr}`).toContain("soon-out created")
          expect((await apply(gadget("in-set", "{}"))).stdout).toContain("soon-out pruned")
        })

      it("diff, replace, edit", async () => {
        const differs = await kubectl(["diff", "-f", "-"], { input: gadget("app", "{replicas: 9}") })
        expect([differs.code, differs.stdout]).toEqual([1, expect.stringContaining("+  replicas: 9")])
        const onServer = await kubectl(["diff", "--server-side", "--force-conflicts", "-f", "-"], {
          input: gadget("app", "{replicas: 9}"),
        })
        expect(onServer.code).toBe(1)
        expect(await given(gadget("app", "{replicas: 4}"), "replace")).toContain("replaced")
        expect(await given(gadget("app", "{replicas: 5}"), "replace", "--force")).toContain("replaced")
        const editor = join(folder, "editor.sh")
        writeFileSync(editor, "#!/bin/sh\nsed -i 's/replicas: 5/replicas: 6/; s/grey/red/' \"$1\"\n", {
          mode: 0o755,
        })
        const edited = await kubectl(["edit", "gadget", "app"], { env: { KUBE_EDITOR: editor } })
        expect(edited.stdout).toContain("gadget.example.com/app edited")
        expect(await ok("get", "gadget", "app", "-o", "jsonpath={.spec}")).toBe(
          '{"colour":"red","replicas":6}',
        )
      })

      it("patch, label, annotate, scale", async () => {
        const patch = (type: string, body: string, ...more: ReadonlyArray<string>) =>
          ok("patch", "gadget", "app", `--type=${type}`, "-p", body, ...more)
        expect(await patch("merge", '{"spec":{"replicas":7}}')).toContain("app patched")
        expect(await patch("json", '[{"op":"replace","path":"/spec/replicas","value":8}]')).toContain(
          "app patched",
        )
        expect(await patch("merge", "{}")).toContain("(no change)")
        expect(await refused("patch", "gadget", "app", "-p", '{"spec":{"replicas":1}}')).toMatch(
          /strategic-merge-patch|unknown format/,
        )
        expect(await ok("patch", "configmap", "app", "-p", '{"data":{"b":"c"}}')).toContain("patched")
        if (isNew) await patch("merge", '{"status":{"replicas":3}}', "--subresource=status")
        expect(await ok("label", "gadget", "app", "tier=gold")).toContain("labeled")
        expect(await ok("label", "gadgets", "-l", "tier=gold", "--overwrite", "tier=silver")).toContain(
          "labeled",
        )
        expect(await ok("annotate", "gadget", "app", "note=kept")).toContain("annotated")
        expect(await ok("label", "gadget", "app", "tier-")).toMatch(/unlabeled|labeled/)
        expect(await ok("scale", "gadget", "app", "--replicas=2")).toContain("scaled")
        expect(await ok("scale", "gadget", "app", "--replicas=3", "--current-replicas=2")).toContain("scaled")
        expect(await ok("get", "gadget", "app", "-o", "jsonpath={.spec.replicas}")).toBe("3")
      })

      it("describe", async () => {
        expect(await ok("describe", "gadget", "app")).toMatch(/Replicas: +3/)
        expect(await ok("describe", "namespace", namespace)).toContain("Status:       Active")
        expect(await ok("describe", "nodes")).toContain("Capacity")
        expect(await ok("describe", "secret", "hidden")).toContain("word:  4 bytes")
      })

      it("wait: for conditions, fields and deletion", async () => {
        const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
        const raw = `/apis/example.com/v1/namespaces/${namespace}/gadgets/app/status`
        const whole = JSON.parse(await ok("get", "gadget", "app", "-o", "json"))
        const input = JSON.stringify({ ...whole, ...JSON.parse(status) })
        await given(input, "replace", "--raw", raw)
        expect(await ok("wait", "gadget/app", "--for=condition=Ready", "--timeout=20s")).toContain(
          "condition met",
        )
        if (isNew) {
          await ok("wait", "gadget/app", "--for=jsonpath={.spec.replicas}=3", "--timeout=20s")
          await ok("wait", "gadget/app", "--for=create", "--timeout=20s")
        }
        const waiting = kubectl(["wait", "gadget/made", "--for=delete", "--timeout=20s"])
        await new Promise((resolve) => setTimeout(resolve, 1_500))
        await ok("delete", "gadget", "made")
        expect((await waiting).code).toBe(0)
      })

      it("auth, and speaking for others", async () => {
        expect((await kubectl(["auth", "can-i", "create", "gadgets"])).stdout.trim()).toBe("yes")
        const robot = `system:serviceaccount:${namespace}:robot`
        expect((await kubectl(["auth", "can-i", "delete", "gadgets", "--as", robot])).stdout.trim()).toBe(
          "no",
        )
        expect(await ok("auth", "can-i", "--list", "--as", robot)).toContain("gadgets.example.com")
        const role =
          "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: NAMESPACE}\nrules: []\n"
        expect(await given(role.replace("NAMESPACE", namespace), "auth", "reconcile")).toContain("reader")
        if (isNew) {
          expect(
            await ok("auth", "whoami", "--as", "ann", "--as-group", "painters", "--as-uid", "7"),
          ).toContain("painters")
          expect(await ok("get", "gadgets", "--as", robot)).toContain("app")
        }
      })

      it("certificate: a request approved, another denied", async () => {
        const request = readFileSync(join(import.meta.dirname, "..", "fixtures", "ann.csr")).toString(
          "base64",
        )
        for (const [verb, condition] of [
          ["approve", "Approved"],
          ["deny", "Denied"],
        ] as const) {
          const csr = `${namespace}-${verb}`
          const object = {
            apiVersion: "certificates.k8s.io/v1",
            kind: "CertificateSigningRequest",
            metadata: { name: csr },
            spec: { request, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
          }
          await given(JSON.stringify(object), "create")
          await ok("certificate", verb, csr)
          expect(await ok("get", "csr", csr, "-o", "jsonpath={.status.conditions[*].type}")).toContain(
            condition,
          )
          await ok("delete", "csr", csr)
        }
      })

      it("run, logs, exec, attach, port-forward, top", async () => {
        const run = [
          "run",
          "web",
          `--image=${helloReference}`,
          "--port=8080",
          "--image-pull-policy=IfNotPresent",
        ]
        expect(await ok(...run)).toBe("pod/web created\n")
        await ok("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
        expect(await ok("get", "pods", "-o", "wide")).toMatch(/web +1\/1 +Running/)
        expect(await ok("describe", "pod", "web")).toMatch(/Status: +Running/)
        await ok("logs", "web")
        await ok("logs", "web", "--tail=5", "--timestamps", "--since=1h", "-c", "web")
        await ok("logs", "-l", "run=web", "--limit-bytes=100")
        expect(await refused("logs", "web", "-c", "other")).toContain(
          "container other is not valid for pod web",
        )
        expect(await ok("exec", "web", "--", "/bin/echo", "hello")).toBe("hello\n")
        const copied = await kubectl(["exec", "-i", "web", "-c", "web", "--", "/bin/cat"], {
          input: "through",
        })
        expect(copied.stdout).toBe("through")
        expect((await kubectl(["exec", "web", "--", "/bin/sh", "-c", "exit 3"])).code).toBe(3)
        const interactive = [
          "run",
          "asked",
          `--image=${helloReference}`,
          "-i",
          "--restart=Never",
          "--quiet",
          "--command",
        ]
        const asked = await kubectl([...interactive, "--", "/bin/sh", "-c", "cat; echo closed"], {
          input: "typed\n",
        })
        expect(asked.stdout).toBe("typed\nclosed\n")
        const kept = ["run", "kept", `--image=${helloReference}`, "--stdin", "--restart=Never", "--command"]
        await ok(...kept, "--attach=false", "--", "/bin/cat")
        await ok("wait", "--for=condition=Ready", "pod/kept", "--timeout=60s")
        await kubectl(["attach", "-i", "kept"], { input: "typed\n" })
        await eventually(async () => expect(await ok("logs", "kept")).toBe("typed\n"))
        await whileRunning(["port-forward", "pod/web", ":8080"], async (seen) => {
          const port = /127\.0\.0\.1:(\d+)/.exec(seen)?.[1]
          expect((await system.fetch(`http://127.0.0.1:${port}/`)).body).toContain("Hello from")
        })
        await eventually(async () => expect(await ok("top", "pod", "web")).toMatch(/web +\d+m +\d+Mi/))
        expect(await ok("top", "node")).toMatch(/\d+m/)
      })

      if (kind === "real")
        it("cp: in and out", async () => {
          await eventually(() => ok("exec", "web", "--", "/bin/busybox", "ln", "-sf", "busybox", "/bin/tar"))
          const content = "copied\n".repeat(10_000)
          writeFileSync(join(folder, "in.txt"), content)
          await ok("cp", join(folder, "in.txt"), `${namespace}/web:/www/in.txt`)
          await ok("cp", `${namespace}/web:/www/in.txt`, join(folder, "out.txt"))
          expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe(content)
        })

      it("events", async () => {
        expect(await ok("get", "events")).toMatch(/REASON[\s\S]*web +the container was started/)
        if (isNew) {
          expect(await ok("events")).toContain("REASON")
          await ok("events", "--for", "pod/web")
        }
      })

      it("cordon, uncordon", async () => {
        const node = (await ok("get", "nodes", "-o", "name")).trim().replace("node/", "")
        expect(await ok("cordon", node)).toContain("cordoned")
        expect(await ok("get", "node", node, "-o", "jsonpath={.spec.unschedulable}")).toBe("true")
        expect(await ok("uncordon", node)).toContain("uncordoned")
      })

      it("delete: by name, by label, with each way for what it owns, and a namespace with all that is in it", async () => {
        expect(await ok("delete", "gadget", "lax")).toContain('"lax" deleted')
        expect(await ok("delete", "gadget", "raw", "--wait=false", "--cascade=foreground")).toContain(
          "deleted",
        )
        expect(await ok("delete", "gadget", "server", "--cascade=orphan")).toContain("deleted")
        expect(await ok("delete", "gadget", "app", "--dry-run=server")).toContain("(server dry run)")
        expect(await ok("delete", "gadgets", "-l", "app=app")).toContain('"app" deleted')
        expect(await given(gadget("stays", "{}"), "delete")).toContain('"stays" deleted')
        await ok("delete", "pod", "web", "--grace-period=0", "--force")
        await ok("delete", "pods", "--all", "--now")
        await ok("delete", "gadgets", "--all")
        await ok("delete", "clusterrole,clusterrolebinding", "-A", "-l", "none=such")
        await ok("delete", "clusterrole", `${namespace}-reader`)
        expect(await ok("delete", "namespace", namespace, "--timeout=60s")).toContain("deleted")
        expect(await refused("delete", "gadget", "nobody", "-n", "default")).toContain("NotFound")
      })
    })
  })

  it.each(kubectls)("$name asked what it is known to ask", ({ recording }) => recording.expectAsKnown())
})
