/** The one door of runtime-shim. Start with {@link SandboxRuntime}. */
export { type ContainerdRuntimeOptions, containerdRuntimeLayer } from "./containerd-runtime.ts"
export { type DestroyRuntimeOptions, destroyRuntime } from "./destroy.ts"
export { exitsAfter, type Program, server } from "./fake/program.ts"
export { servePage } from "./fake/responder.ts"
export { type FakeRuntimeOptions, fakeRuntimeLayer } from "./fake/runtime.ts"
export { type FakeOperation, FakeWorld, type ScriptedFailure } from "./fake/world.ts"
export { buildImageTar, type ImageConfig, type ImageRecipe } from "./images/build-image.ts"
export type { Credentials, RegistryCredentials } from "./images/registry-auth.ts"
export { type TarFile, writeTar } from "./images/tar-writer.ts"
export {
  type ManagedContainerd,
  type ManagedContainerdOptions,
  managedContainerd,
} from "./managed-containerd.ts"
export type { NetworkOptions } from "./network/config.ts"
export * from "./sandbox-runtime.ts"
