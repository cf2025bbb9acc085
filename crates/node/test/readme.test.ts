import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { blocks, install, pack, project } from "./support/pack.ts";
import { PACKAGE, run } from "./support/program.ts";
import { variable } from "./support/stack.ts";

const README = ["README.md", "../../docs/iam.md"].flatMap((page) => blocks(join(PACKAGE, page)));
const LOADED = `try { (await import("leasekey")).fromVault({ role: "orders" }); } catch (error) { console.log(error.message); }`;
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

  test.each([22, 24, 26])("runs the README on Node %i", async (release) => {
    const node = join(variable("LEASEKEY_NODE_RUNTIMES"), `${release}/bin/node`);
    const versions = await run(node, ["--version"]);
    expect(versions.out).toMatch(new RegExp(`^v${release}\\.`));
    const ended = await run(node, ["block0.js"], { NODE_NO_WARNINGS: "1" }, folder);
    expect([ended.code, ended.err]).toEqual([0, ""]);
    expect(ended.out).toMatch(/^\d+ objects\n$/);
  });

  test("tells Node 18 that it is too old, also on the command line", async () => {
    const node = join(variable("LEASEKEY_NODE_RUNTIMES"), "18/bin/node");
    const told = /LK-0112: Node 18\.[\d.]+ is older than 20. Use Node 20 or later\n$/;
    expect((await run(node, ["--input-type=module", "--eval", LOADED], {}, folder)).out).toMatch(told);
    const cli = await run(node, ["node_modules/leasekey/bin/leasekey.js", "creds"], {}, folder);
    expect([cli.code, told.test(cli.err)]).toEqual([1, true]);
  });

  test.each([
    ["explain LK-0109", "LK-0109"],
    ["creds --role orders", "ASIA"],
    ["config show --origin", "VAULT_ADDR"],
  ])("has the command line: npx leasekey %s", async (words, told) => {
    expect(readFileSync(join(PACKAGE, "README.md"), "utf8").replaceAll("\n", " ")).toContain(`npx leasekey ${words}`);
    const ended = await run("npx", ["--no-install", "leasekey", ...words.split(" ")], {}, folder);
    expect(ended.code, ended.err).toBe(0);
    expect(ended.out).toContain(told);
  });

  test("tells whoever misses the package of the platform what to install", async () => {
    const alone = join(packed.folder, "alone");
    await install(alone, [packed.main]);
    const told = /LK-0112: the native package leasekey-[a-z0-9-]+ is missing. Run: npm install leasekey-[a-z0-9-]+@\d/;
    writeFileSync(join(alone, "main.mjs"), 'import { fromVault } from "leasekey"; fromVault({ role: "orders" });');
    expect((await run(process.execPath, ["main.mjs"], {}, alone)).err).toMatch(told);
    const cli = await run("npx", ["--no-install", "leasekey", "creds"], {}, alone);
    expect(cli.code).toBe(1);
    expect(cli.err).toMatch(told);
    expect(cli.err).not.toContain("    at ");
  });

  test("tells whoever has another platform which there are, and a library that does not fit why", async () => {
    const other = `Object.defineProperty(process, "arch", { value: "riscv64" }); ${LOADED}`;
    expect((await run(process.execPath, ["--input-type=module", "--eval", other], {}, folder)).out).toMatch(
      /^LK-0112: there is no native package for linux-riscv64-gnu. There are leasekey-linux-x64-gnu, /,
    );
    const [native] = readdirSync(join(folder, "node_modules")).filter((name) => name.startsWith("leasekey-"));
    const library = join(folder, "node_modules", native as string, `leasekey.${native?.slice("leasekey-".length)}.node`);
    renameSync(library, `${library}.away`);
    writeFileSync(library, "no library");
    const broken = await run(process.execPath, ["--input-type=module", "--eval", LOADED], {}, folder);
    renameSync(`${library}.away`, library);
    expect(broken.out).toMatch(/^LK-0112: the native package leasekey-[a-z0-9-]+ cannot be loaded: .+ Correct that, or install/);
  });

  test("names the packages of all platforms, made by the tool", () => {
    const manifest = JSON.parse(readFileSync(join(folder, "node_modules/leasekey/package.json"), "utf8")) as {
      optionalDependencies: Record<string, string>;
      version: string;
    };
    const names = ["darwin-arm64", "darwin-x64", "linux-arm64-gnu", "linux-arm64-musl", "linux-x64-gnu", "linux-x64-musl"];
    expect(manifest.optionalDependencies).toEqual(Object.fromEntries(names.map((name) => [`leasekey-${name}`, manifest.version])));
    const { platform, arch } = process;
    const own = readdirSync(join(folder, "node_modules")).find((name) => name.startsWith("leasekey-")) as string;
    const native = JSON.parse(readFileSync(join(folder, "node_modules", own, "package.json"), "utf8")) as object;
    expect(native).toMatchObject({ version: manifest.version, os: [platform], cpu: [arch], engines: { node: ">=20" } });
  });
});

test("the page for those who come from node-vault shows the README's own lines", () => {
  const lines = blocks(join(PACKAGE, "../../docs/coming-from-node-vault.md")).map((block) => {
    return block.split("\n").filter((line) => line !== "" && !line.startsWith("import"));
  });
  const [theirs, ours] = lines;
  const told = /shows (\d+) lines that become (\d+)/.exec(readFileSync(join(PACKAGE, "README.md"), "utf8"))?.slice(1);
  expect(told).toEqual([`${theirs?.length}`, `${ours?.length}`]);
  expect(ours?.every((line) => README[0]?.includes(line))).toBe(true);
});
