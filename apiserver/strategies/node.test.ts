import { expect, test } from "vitest"
import { withServer } from "../test-world.ts"

const nodes = "/api/v1/nodes"
const asTable = { headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } }

test(
  "a Table of nodes says what upstream's says",
  withServer(async (world) => {
    const node = (name: string, more: object) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      ...more,
    })
    await world.post(nodes, node("a", {}) as never)
    await world.post(nodes, {
      ...node("b", { spec: { unschedulable: true } }),
      metadata: {
        name: "b",
        labels: { "node-role.kubernetes.io/runner": "", "node-role.kubernetes.io/edge": "" },
      },
    } as never)
    for (const name of ["a", "b"])
      await world.patch(`${nodes}/${name}/status`, "merge", {
        status: {
          conditions: name === "a" ? [] : [{ type: "Ready", status: "True" }],
          addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
          nodeInfo: { kubeletVersion: "v1.2.3" },
        },
      } as never)
    const table = (await world.get(nodes, asTable)).json as never as {
      columnDefinitions: ReadonlyArray<{ name: string }>
      rows: ReadonlyArray<{ cells: ReadonlyArray<string> }>
    }
    const rows = [table.columnDefinitions.map(({ name }) => name), ...table.rows.map(({ cells }) => cells)]
    expect(rows.map((cells) => cells.slice(0, 7).filter((_, index) => index !== 3))).toEqual([
      ["Name", "Status", "Roles", "Version", "Internal-IP", "External-IP"],
      ["a", "Unknown", "<none>", "v1.2.3", "192.0.2.1", "<none>"],
      ["b", "Ready,SchedulingDisabled", "edge,runner", "v1.2.3", "192.0.2.1", "<none>"],
    ])
  }),
)
