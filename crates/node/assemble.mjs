// Puts the library that cargo built where the loader looks for it, and has the tool write the loader:
// node assemble.mjs target/debug/libleasekey_node.so
import { copyFileSync, readFileSync } from "node:fs";

import { writeJsBinding } from "@napi-rs/cli";

const { napi, version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
const abi = process.platform === "linux" ? (glibc ? "-gnu" : "-musl") : "";
const file = `${napi.binaryName}.${process.platform}-${process.arch}${abi}.node`;

copyFileSync(process.argv[2], new URL(file, import.meta.url));
await writeJsBinding({
  platform: true,
  idents: ["Ask", "Case", "lint", "PolicyDocument", "PolicySet", "Provider", "readCases", "Reading", "runCommandLine"],
  jsBinding: "native.cjs",
  format: "commonjs",
  binaryName: napi.binaryName,
  packageName: napi.packageName,
  version,
  outputDir: new URL(".", import.meta.url).pathname,
});
