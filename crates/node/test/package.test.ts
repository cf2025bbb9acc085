import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import * as esm from "leasekey";
import { describe, expect, test } from "vitest";

import { PACKAGE, run } from "./support/program.ts";

const cjs = createRequire(import.meta.url)("leasekey") as object;

test("import and require give the same names", () => {
  expect(Object.keys(cjs).sort()).toEqual(Object.keys(esm).sort());
  expect(Object.keys(esm).sort()).toEqual(["LeasekeyError", "fromVault", "healing"]);
});

test.each([
  ["publint", ["--strict"]],
  ["attw", ["--pack", "."]],
])("%s finds nothing", async (tool, words) => {
  const ended = await run(join(PACKAGE, "node_modules/.bin", tool), words, { NO_COLOR: "1" }, PACKAGE);
  expect(ended.code, ended.out + ended.err).toBe(0);
});

test("the types hold what they promise, for node16 and for bundlers", async () => {
  for (const config of ["node16", "bundler"]) {
    const tsc = join(PACKAGE, "node_modules/.bin/tsc");
    const ended = await run(tsc, ["--project", `test/types/tsconfig.${config}.json`], {}, PACKAGE);
    expect(ended.code, ended.out).toBe(0);
  }
});

test("the sources and tests are well typed", async () => {
  const ended = await run(join(PACKAGE, "node_modules/.bin/tsc"), ["--project", "."], {}, PACKAGE);
  expect(ended.code, ended.out).toBe(0);
});

describe("the package", () => {
  test("installs nothing, runs nothing at its installation and needs Node 20", () => {
    const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest["dependencies"]).toBeUndefined();
    expect(Object.keys(manifest["scripts"] as object).filter((name) => /install|prepare/.test(name))).toEqual([]);
    expect(manifest["engines"]).toEqual({ node: ">=20" });
  });

  test("its lock file names no registry", () => {
    expect(readFileSync(join(PACKAGE, "package-lock.json"), "utf8")).not.toMatch(/"resolved"|https?:\/\/[^"]*registry/);
  });

  test("no file is longer than 400 lines", () => {
    const lines = readdirSync(join(PACKAGE, "ts")).map((file) => {
      return [file, readFileSync(join(PACKAGE, "ts", file), "utf8").split("\n").length] as const;
    });
    expect(lines.filter(([, count]) => count > 400)).toEqual([]);
  });
});
