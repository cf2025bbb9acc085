import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { blocks, pack, project } from "./support/pack.ts";
import { PACKAGE, run } from "./support/program.ts";

const README = ["README.md", "../../docs/iam.md"].flatMap((page) => blocks(join(PACKAGE, page)));
let packed: Awaited<ReturnType<typeof pack>>;
let folder: string;

beforeAll(async () => {
  packed = await pack();
  folder = join(packed.folder, "project");
  await project(folder, [packed.main, packed.platform]);
  const options = { target: "es2022", lib: ["es2022", "esnext.disposable"], module: "nodenext", strict: true, types: ["node"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  README.forEach((block, number) => writeFileSync(join(folder, `block${number}.ts`), block));
  const compiled = await run(join(folder, "node_modules/.bin/tsc"), [], {}, folder);
  expect(compiled.code, compiled.out).toBe(0);
});

afterAll(() => rmSync(packed.folder, { recursive: true, force: true }));

describe("the package, installed in an empty project", () => {
  test.each(README.map((block, number) => [block.split("\n").at(-2), number] as const))("runs the README: %s", async (_, number) => {
    // The SDK warns of the end of Node 20.
    const ended = await run(process.execPath, [`block${number}.js`], { NODE_NO_WARNINGS: "1" }, folder);
    expect([ended.code, ended.err]).toEqual([0, ""]);
  });

  test("has the command line", async () => {
    const ended = await run("npx", ["--no-install", "leasekey", "explain", "LK-0109"], {}, folder);
    expect(ended.code, ended.err).toBe(0);
    expect(ended.out).toContain("LK-0109");
  });

  test("names the packages of all platforms, made by the tool", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules/leasekey/package.json"), "utf8")) as {
      optionalDependencies: Record<string, string>;
      version: string;
    };
    const names = ["darwin-arm64", "darwin-x64", "linux-arm64-gnu", "linux-arm64-musl", "linux-x64-gnu", "linux-x64-musl"];
    expect(manifest.optionalDependencies).toEqual(Object.fromEntries(names.map((name) => [`leasekey-${name}`, manifest.version])));
  });
});

test("the page for those who come from node-vault shows the README's own lines", () => {
  const [, ours] = blocks(join(PACKAGE, "../../docs/coming-from-node-vault.md"));
  const lines = ours?.trim().split("\n") ?? [];
  expect(lines.filter((line) => line !== "" && !line.startsWith("import"))).toHaveLength(2);
  expect(lines.slice(-2).every((line) => README[0]?.includes(line))).toBe(true);
});
