/** The one door of runtime-shim. Start with {@link SandboxRuntime}. */
export { exitsAfter, type Program, server } from "./fake/program.ts"
export { servePage } from "./fake/responder.ts"
export { type FakeRuntimeOptions, fakeRuntimeLayer } from "./fake/runtime.ts"
export { type FakeOperation, FakeWorld, type ScriptedFailure } from "./fake/world.ts"
export * from "./sandbox-runtime.ts"
