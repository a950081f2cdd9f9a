import { defineConfig } from "vitest/config"

const everywhere = { exclude: ["**/node_modules/**", "dist/**", ".miren/**", ".cache/**"] }

/** Three tiers: `unit` needs nothing installed, `conformance` needs etcd and containerd, `e2e` the whole system. */
export default defineConfig({
  test: {
    ...everywhere,
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...everywhere.exclude, "test/e2e/**", "test/conformance/**"],
          setupFiles: ["test/kit/fast-check-setup.ts"],
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/kit/clients-setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
