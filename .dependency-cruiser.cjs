// The map of ARCHITECTURE.md as rules: one row per folder, and what it may import.
const may = {
  schemas: [],
  codegen: ["schemas"],
  store: [],
  apiserver: ["schemas", "store"],
  client: ["schemas"],
  reconciler: ["schemas", "client"],
  "runtime-shim": [],
  controllers: ["schemas", "client", "reconciler", "runtime-shim"],
  ingress: ["schemas", "client", "reconciler"],
  simulation: ["schemas", "store", "apiserver", "client", "reconciler", "runtime-shim", "controllers"],
  cli: ["schemas", "client"],
  daemon: [
    "schemas",
    "store",
    "apiserver",
    "client",
    "reconciler",
    "runtime-shim",
    "controllers",
    "ingress",
    "simulation",
  ],
}
const all = Object.keys(may)
const rows = all.map((folder) => ({
  name: `${folder}-may-import-only-${may[folder].join("+") || "nothing"}`,
  severity: "error",
  from: { path: `^${folder}/`, pathNot: "\\.test\\.ts$" },
  to: {
    path: `^(${[...all, "test", "bench", "examples"].filter((f) => f !== folder && !may[folder].includes(f)).join("|")})/`,
  },
}))
module.exports = {
  forbidden: [
    ...rows,
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "controllers-are-strangers",
      severity: "error",
      from: { path: "^controllers/([^/]+)/" },
      to: { path: "^controllers/[^/]+/", pathNot: "^controllers/$1/" },
    },
    {
      name: "through-the-door",
      severity: "error",
      from: { path: `^(${all.join("|")})/`, pathNot: "\\.test\\.ts$" },
      to: {
        path: `^(${all.join("|")})/`,
        pathNot: [
          "^$1/",
          "^[^/]+/index\\.ts$",
          "^client/wire/index\\.ts$",
          "^reconciler/[^/]+/index\\.ts$",
          "^controllers/[^/]+/index\\.ts$",
        ],
      },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|\\.miren|\\.cache|dist)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
}
