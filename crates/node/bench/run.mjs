import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Runs this text as a module of the package to its end; `ended` is when, by the clock of all processes. */
export function run(text) {
  return new Promise((resolve) => {
    const words = ["--input-type=module", "--eval", text];
    const child = spawn(process.execPath, words, { cwd: PACKAGE, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err, ended] = ["", "", 0n];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("exit", () => (ended = process.hrtime.bigint()));
    child.on("close", (code, signal) => resolve({ code, signal, out, err, ended }));
  });
}
