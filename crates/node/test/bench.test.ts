import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { PACKAGE } from "./support/program.ts";

interface Schema {
  items: { required: string[]; properties: Record<string, { type: string | string[] }> };
}

test("the rows of the benches are those of all languages", async () => {
  const { alone, beside } = (await import(join(PACKAGE, "bench/report.mjs"))) as Record<string, (...of: unknown[]) => object>;
  const { items } = JSON.parse(readFileSync(join(PACKAGE, "../../benches/result.schema.json"), "utf8")) as Schema;
  for (const row of [alone?.("a", 1, "ns", "<= 2 ns", true), beside?.("b", 1, "ns", "peer", 2, 0.5, "<= peer", true)]) {
    expect(Object.keys(row as object).sort()).toEqual([...items.required].sort());
    for (const [name, value] of Object.entries(row as object)) {
      expect([items.properties[name]?.type].flat(), name).toContain(value === null ? "null" : typeof value);
    }
  }
});
