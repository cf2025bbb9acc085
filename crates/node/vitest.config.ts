import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Native code is loaded as users load it: in processes of its own, never in vitest's.
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
