import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Native code is loaded as users load it: in processes of its own, never in vitest's.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});

export default config;
