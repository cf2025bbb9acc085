import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PACKAGE, run } from "./program.ts";

async function step(program: string, words: string[], cwd: string): Promise<string> {
  const ended = await run(program, words, { NO_COLOR: "1" }, cwd);
  if (ended.code !== 0) {
    throw new Error(`${program} ${words.join(" ")}: ${ended.out}${ended.err}`);
  }
  return ended.out;
}

/** Packs the package and that of this platform as they are published; the folder with both, and the tarballs' names. */
export async function pack(): Promise<{ folder: string; main: string; platform: string }> {
  const folder = mkdtempSync(join(tmpdir(), "leasekey-pack-"));
  for (const name of ["package.json", "README.md", "bin", "dist", "native.cjs"]) {
    cpSync(join(PACKAGE, name), join(folder, name), { recursive: true });
  }
  const { scripts } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const script = (name: string): Promise<string> => {
    const [tool, ...words] = (scripts[name] as string).split(" ");
    return step(join(PACKAGE, "node_modules/.bin", tool as string), words, folder);
  };
  await script("create-npm-dirs");
  const binary = readdirSync(PACKAGE).find((name) => name.endsWith(".node")) as string;
  const platform = /^leasekey\.(.*)\.node$/.exec(binary)?.[1] as string;
  for (const other of readdirSync(join(folder, "npm"))) {
    // In the place of what other machines build.
    writeFileSync(join(folder, "npm", other, `leasekey.${other}.node`), "");
  }
  cpSync(join(PACKAGE, binary), join(folder, "npm", platform, binary));
  await script("pre-publish");
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  await step("npm", ["pack", "--pack-destination", tarballs], join(folder, "npm", platform));
  await step("npm", ["pack", "--pack-destination", tarballs], folder);
  const names = readdirSync(tarballs).map((name) => join(tarballs, name));
  const main = names.find((name) => /leasekey-\d[^/]*$/.test(name)) as string;
  return { folder, main, platform: names.find((name) => name !== main) as string };
}

/** The blocks of a page in TypeScript. */
export function blocks(page: string): string[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block as string);
}

/** An empty project that has installed the package, and what its README uses. */
export async function project(folder: string, tarballs: string[]): Promise<void> {
  await install(folder, [...tarballs, "@aws-sdk/client-s3@3", "@aws-sdk/credential-providers@3", "@types/node@20", "typescript@~6.0.0"]);
}

/** An empty project that has installed these. */
export async function install(folder: string, packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  await step("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=optional", ...packages], folder);
}
