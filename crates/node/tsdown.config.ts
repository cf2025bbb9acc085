import { defineConfig } from "tsdown";

export default defineConfig({
  entry: "ts/index.ts",
  format: ["esm", "cjs"],
  dts: true,
  platform: "node",
  target: "node20",
  outDir: "dist",
  clean: true,
});
