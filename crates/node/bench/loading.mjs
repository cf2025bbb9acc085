import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { alone, median } from "./report.mjs";
import { PACKAGE, run } from "./run.mjs";

export const about = "the size of the native half, and 21 times each: its import, and the end of a program";

const IMPORT = `
  const began = performance.now();
  const { fromVault } = await import("leasekey");
  fromVault({});
  console.log(performance.now() - began);`;

const END = `
  import { fromVault } from "leasekey";
  const vault = fromVault({});
  vault.on("event", () => {});
  await vault();
  process.stdout.write(String(process.hrtime.bigint()));`;

/** What it costs to begin and to end. */
export async function measure() {
  const file = readdirSync(PACKAGE).find((name) => name.endsWith(".node"));
  const megabytes = statSync(join(PACKAGE, file)).size / 1e6;
  const [imports, ends] = [[], []];
  for (let times = 0; times < 21; times += 1) {
    imports.push(Number((await run(IMPORT)).out));
    const { out, ended } = await run(END);
    ends.push(Number(ended - BigInt(out)) / 1e6);
  }
  const [imported, ended] = [median(imports), Math.max(...ends)];
  return [
    alone("native_size", megabytes, "MB", "<= 8 MB", megabytes <= 8),
    alone("import", imported, "ms", "<= 25 ms", imported <= 25),
    alone("exit", ended, "ms", "<= 100 ms, the longest", ended <= 100),
  ];
}
