import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { expectGolden } from "../../test/golden/expect-golden.ts"
import { mctl, type Routes } from "../testing/fake-server.ts"

const schemas = {
  Sandbox: {
    description: "A container that runs isolated.",
    type: "object",
    "x-kubernetes-group-version-kind": [{ group: "compute.miren.dev", version: "v1alpha1", kind: "Sandbox" }],
    required: ["spec"],
    properties: {
      metadata: {
        allOf: [{ $ref: "#/components/schemas/ObjectMeta" }],
        description: "What every object has.",
      },
      spec: {
        description: "What is to run.",
        type: "object",
        required: ["containers"],
        properties: {
          containers: {
            description: "What runs in it.",
            type: "array",
            items: {
              description: "One container.",
              type: "object",
              required: ["name"],
              properties: {
                name: { description: "A DNS label.", type: "string" },
                limits: {
                  description: "The most.",
                  type: "object",
                  additionalProperties: { "x-kubernetes-int-or-string": true },
                },
              },
            },
          },
          restartPolicy: {
            description: "Whether again.",
            type: "string",
            enum: ["Always", "Never"],
            default: "Always",
          },
          self: { $ref: "#/components/schemas/Self" },
        },
      },
    },
  },
  ObjectMeta: { type: "object", properties: { name: { type: "string", description: "The name." } } },
  Self: {
    type: "object",
    description: "It contains itself.",
    properties: { self: { $ref: "#/components/schemas/Self" } },
  },
}

const routes: Routes = {
  "GET /openapi/v3": {
    body: { paths: { "apis/compute.miren.dev/v1alpha1": { serverRelativeURL: "/openapi/v3/x?hash=1" } } },
  },
  "GET /openapi/v3/x": { body: { components: { schemas } } },
}

describe("explain", () => {
  test.each([
    ["a kind", "sandbox"],
    ["a list", "sb.spec.containers"],
    ["a field", "sandboxes.spec.restartPolicy"],
    ["a field by the whole name of its type", "sandboxes.compute.miren.dev.spec.containers.limits"],
    ["a field behind a reference", "sandbox.metadata.name"],
  ])("says what %s is", async (name, operand) => {
    const { code, stdout } = await mctl(["explain", operand], { routes })
    expect(code).toBe(0)
    expectGolden(join(import.meta.dirname, "../golden", `explain-${name.replaceAll(" ", "-")}.txt`), stdout)
  })

  test("with --recursive lists all below, and ends in a schema that contains itself", async () => {
    const { stdout } = await mctl(["explain", "sandbox.spec", "--recursive"], { routes })
    expect(stdout).toContain(
      "  containers\t<[]Object> -required-\n    name\t<string> -required-\n    limits\t<map[string]IntOrString>\n",
    )
  })

  test("names the fields there are when one is not", async () => {
    const { code, stderr } = await mctl(["explain", "sandbox.spec.containerz"], { routes })
    expect([code, stderr]).toEqual([
      1,
      'error: sandboxes.spec has no field "containerz"; its fields are containers, restartPolicy, self\n',
    ])
  })
})
