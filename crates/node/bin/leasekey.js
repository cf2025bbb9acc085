#!/usr/bin/env node
// The command line is the library's own.
import native from "../native.cjs";

process.exitCode = native.runCommandLine(["leasekey", ...process.argv.slice(2)]);
