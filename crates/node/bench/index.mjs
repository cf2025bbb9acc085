// Group `node`: the npm package beside the SDK, on the real stack. Run it with `cargo xtask bench --only node`.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import * as exits from "./exits.mjs";
import * as loading from "./loading.mjs";
import * as outage from "./outage.mjs";
import * as policies from "./policies.mjs";
import * as reads from "./reads.mjs";
import { print } from "./report.mjs";
import * as signed from "./signed.mjs";

const { values } = parseArgs({ options: { part: { type: "string", default: "" }, json: { type: "string" } } });

const parts = { reads, policies, signed, outage, loading, exits };
const rows = [];
for (const [name, part] of Object.entries(parts)) {
  if (name.includes(values.part)) {
    console.log(`  ${name.padEnd(10)}  ${part.about}`);
    rows.push(...(await part.measure()));
  }
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
}
print(rows);
