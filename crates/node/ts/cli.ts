import { LeasekeyError } from "./errors.ts";
import { load } from "./native.ts";

/** Runs the command line, the library's own, with these words; the exit code. */
export function main(words: string[]): number {
  try {
    return load().runCommandLine(["leasekey", ...words]);
  } catch (error) {
    if (error instanceof LeasekeyError) {
      process.stderr.write(`leasekey: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
