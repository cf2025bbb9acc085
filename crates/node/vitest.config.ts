import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Native code is loaded as users load it: in processes of its own, never in vitest's.
    pool: "forks",
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
});

export default config;
