/** Options that every command has, and those that several share. */
import type { OptionTable } from "./option.ts"

export const globalOptions = {
  kubeconfig: { type: "string", describe: "The kubeconfig file to use" },
  context: { type: "string", describe: "The context of the kubeconfig to use" },
  namespace: { type: "string", short: "n", describe: "The namespace; the context's when absent" },
  help: { type: "boolean", short: "h", describe: "Show this help" },
} as const satisfies OptionTable

export const selectorOptions = {
  selector: {
    type: "string",
    short: "l",
    describe: "Only objects with these labels: a=b,c!=d,e in (f,g),!h",
  },
  "field-selector": { type: "string", describe: "Only objects with these field values: metadata.name=x" },
} as const satisfies OptionTable

export const fileOptions = {
  filename: {
    type: "list",
    short: "f",
    describe: "A manifest file, a folder of them, or - for standard input",
  },
  recursive: { type: "boolean", short: "R", describe: "Also the folders in a folder" },
} as const satisfies OptionTable

export const allNamespaces = {
  "all-namespaces": { type: "boolean", short: "A", describe: "All namespaces" },
} as const satisfies OptionTable
