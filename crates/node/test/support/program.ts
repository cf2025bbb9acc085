import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What became of a program. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
  milliseconds: number;
}

export const PACKAGE: string = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Runs this text as a module of the package, whose own name it can import. */
export async function runModule(text: string, options: { extension?: string; env?: object; args?: string[] } = {}): Promise<Ended> {
  const folder = mkdtempSync(join(PACKAGE, "test/.program-"));
  const file = join(folder, `program.${options.extension ?? "mjs"}`);
  writeFileSync(file, text);
  try {
    return await run(process.execPath, [...(options.args ?? []), file], options.env);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program to its end. */
export function run(program: string, args: string[], env: object = {}, cwd?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], cwd });
    const ended: Ended = { code: null, signal: null, out: "", err: "", milliseconds: 0 };
    child.stdout.on("data", (text) => (ended.out += text));
    child.stderr.on("data", (text) => (ended.err += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ ...ended, code, signal, milliseconds: performance.now() - began });
    });
  });
}
