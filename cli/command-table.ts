/** Every command of mctl, as data. The code of each is loaded when it runs. */
import type { Command } from "./command.ts"
import { allNamespaces, fileOptions, selectorOptions } from "./global-options.ts"

const output = (describe: string) => ({ type: "string", short: "o", describe }) as const

export const commands: ReadonlyArray<Command> = [
  {
    name: "apply",
    operands: "-f FILE",
    describe: "Make what manifests say so (server-side apply)",
    options: {
      ...fileOptions,
      "force-conflicts": { type: "boolean", describe: "Take over fields that others manage" },
      atomic: { type: "boolean", describe: "All documents in one revision, or none of them" },
      prune: {
        type: "string",
        describe: "With --atomic: the set that the documents are; what else is in it is deleted",
      },
      "dry-run": {
        type: "string",
        choices: ["none", "server"],
        default: "none",
        describe: "server: check, store nothing",
      },
      "field-manager": { type: "string", default: "mctl", describe: "The name under which fields are owned" },
      output: output("yaml, json or name: print the objects instead"),
    },
    examples: [
      ["mctl apply -f hello.yaml", "one file"],
      ["mctl apply -R -f manifests/", "a folder and those in it"],
      ["mctl apply --atomic --prune=shop -f shop/", "the set shop is this and nothing else"],
      ["cat hello.yaml | mctl apply -f -", "standard input"],
    ],
    load: async () => (await import("./commands/apply.ts")).runApply,
  },
  {
    name: "get",
    operands: "TYPE[,TYPE...] [NAME...] | TYPE/NAME...",
    describe: "List objects, or show some by name",
    options: {
      ...allNamespaces,
      ...selectorOptions,
      output: output("wide, yaml, json, name, jsonpath=TEMPLATE or custom-columns=NAME:.path,..."),
      watch: { type: "boolean", short: "w", describe: "Go on with each change" },
      "show-labels": { type: "boolean", describe: "A last column with the labels" },
      "show-managed-fields": { type: "boolean", describe: "Field ownership too, in yaml and json" },
      "no-headers": { type: "boolean", describe: "No heading" },
      "sort-by": { type: "string", describe: "Order by a field: .metadata.creationTimestamp" },
      "ignore-not-found": { type: "boolean", describe: "An object that is not there is no error" },
    },
    examples: [
      ["mctl get sandboxes -o wide", "a table with all columns"],
      ["mctl get sb/hello -o jsonpath='{.status.sandboxIP}'", "one field"],
      ["mctl get sandboxes,nodes -A -w", "watch two types everywhere"],
    ],
    load: async () => (await import("./commands/get.ts")).runGet,
  },
  {
    name: "describe",
    operands: "TYPE [NAME...] | TYPE/NAME...",
    describe: "Show objects in detail, with conditions and events",
    options: { ...allNamespaces, ...selectorOptions },
    examples: [["mctl describe sb/hello", "one sandbox"]],
    load: async () => (await import("./commands/describe.ts")).runDescribe,
  },
  {
    name: "delete",
    operands: "TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | TYPE --all | -f FILE",
    describe: "Delete objects, and wait until they are gone",
    options: {
      ...fileOptions,
      ...allNamespaces,
      ...selectorOptions,
      all: { type: "boolean", describe: "All objects of the type in the namespace" },
      wait: { type: "boolean", default: true, describe: "Wait until they are gone" },
      timeout: { type: "string", describe: "How long to wait: 30s, 5m; without end when absent" },
      cascade: {
        type: "string",
        choices: ["background", "foreground", "orphan"],
        default: "background",
        describe: "What becomes of the objects that they own",
      },
      "grace-period": {
        type: "number",
        describe: "Seconds between SIGTERM and SIGKILL; the object's when absent",
      },
      now: { type: "boolean", describe: "The same as --grace-period=1" },
      force: { type: "boolean", describe: "With --grace-period=0: at once" },
      "ignore-not-found": { type: "boolean", describe: "An object that is not there is no error" },
      "dry-run": {
        type: "string",
        choices: ["none", "server"],
        default: "none",
        describe: "server: check, delete nothing",
      },
      output: output("name: print names only"),
    },
    examples: [
      ["mctl delete sandbox hello", "one object"],
      ["mctl delete sandboxes --all --now", "all of the namespace, quickly"],
      ["mctl delete -f hello.yaml", "what a manifest names"],
    ],
    load: async () => (await import("./commands/delete.ts")).runDelete,
  },
  {
    name: "logs",
    operands: "[sandbox/]NAME",
    describe: "Print the output of a sandbox",
    options: {
      follow: { type: "boolean", short: "f", describe: "Go on as more comes" },
      tail: { type: "number", describe: "Only so many last lines" },
      since: { type: "string", describe: "Only what is younger: 30s, 5m, 1h" },
      timestamps: { type: "boolean", describe: "Each line with its time" },
      previous: { type: "boolean", short: "p", describe: "Of the container before the last restart" },
      container: { type: "string", short: "c", describe: "The container, where there are several" },
    },
    examples: [["mctl logs -f --tail=20 hello", "the last lines, and what comes"]],
    load: async () => (await import("./commands/logs.ts")).runLogs,
  },
  {
    name: "exec",
    operands: "[sandbox/]NAME -- COMMAND [ARGUMENT...]",
    describe: "Run a command in a sandbox; its exit code is mctl's",
    options: {
      stdin: { type: "boolean", short: "i", describe: "Pass standard input" },
      tty: { type: "boolean", short: "t", describe: "On a terminal" },
      container: { type: "string", short: "c", describe: "The container, where there are several" },
    },
    examples: [
      ["mctl exec -it hello -- sh", "a shell"],
      ["mctl exec hello -- cat /etc/hosts", "one command"],
    ],
    load: async () => (await import("./commands/exec.ts")).runExec,
  },
  {
    name: "attach",
    operands: "[sandbox/]NAME",
    describe: "Join the running program of a sandbox, until it ends or takes no more of us",
    options: {
      stdin: { type: "boolean", short: "i", describe: "Pass standard input, where the container has one" },
      tty: { type: "boolean", short: "t", describe: "On its terminal" },
      container: { type: "string", short: "c", describe: "The container, where there are several" },
    },
    examples: [
      ["mctl attach hello", "what it says from now on"],
      ["mctl attach -it shell", "a container with stdin and tty"],
    ],
    load: async () => (await import("./commands/attach.ts")).runAttach,
  },
  {
    name: "wait",
    operands: "TYPE NAME... | TYPE/NAME... --for=condition=C[=VALUE]|delete|jsonpath=PATH[=VALUE]",
    describe: "Wait until objects are as asked",
    options: {
      ...selectorOptions,
      for: {
        type: "string",
        describe: "condition=Ready, condition=Ready=False, delete, create, jsonpath={.x}=y",
      },
      timeout: { type: "string", default: "30s", describe: "How long to wait: 30s, 5m" },
      all: { type: "boolean", describe: "All objects of the type in the namespace" },
    },
    examples: [["mctl wait sb/hello --for=condition=Ready --timeout=60s", "until it runs"]],
    load: async () => (await import("./commands/wait.ts")).runWait,
  },
  {
    name: "explain",
    operands: "TYPE[.FIELD...]",
    describe: "Say what a field is, from the server's schemas",
    options: { recursive: { type: "boolean", describe: "All fields below, in short" } },
    examples: [["mctl explain sandbox.spec.containers", "the fields of a container"]],
    load: async () => (await import("./commands/explain.ts")).runExplain,
  },
  {
    name: "api-resources",
    operands: "",
    describe: "List what the server serves",
    options: {
      "api-group": { type: "string", describe: "Only this group" },
      namespaced: {
        type: "string",
        choices: ["true", "false"],
        describe: "Only those in namespaces, or not",
      },
      "no-headers": { type: "boolean", describe: "No heading" },
      output: output("wide, or name"),
    },
    examples: [],
    load: async () => (await import("./commands/api-resources.ts")).runApiResources,
  },
  {
    name: "api-versions",
    operands: "",
    describe: "List the groups and versions that the server serves",
    options: {},
    examples: [],
    load: async () => (await import("./commands/api-resources.ts")).runApiVersions,
  },
  {
    name: "version",
    operands: "",
    describe: "Say which versions of mctl and the server these are",
    options: {
      client: { type: "boolean", describe: "Of mctl only" },
      output: output("json or yaml"),
    },
    examples: [],
    load: async () => (await import("./commands/version.ts")).runVersion,
  },
  {
    name: "config",
    operands: "view | current-context | get-contexts",
    describe: "Show the kubeconfig in use, without its secrets",
    options: { output: output("json or yaml") },
    examples: [],
    load: async () => (await import("./commands/config.ts")).runConfig,
  },
  {
    name: "completion",
    operands: "bash | zsh",
    describe: "Print a completion script for a shell",
    options: {},
    examples: [["mctl completion bash > /etc/bash_completion.d/mctl", "for all users"]],
    load: async () => (await import("./commands/completion.ts")).completionOf(commands),
  },
]

export const findCommand = (name: string): Command | undefined =>
  commands.find((command) => command.name === name)
