import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Scenario } from "./scenarios/file.ts";
import { Runner } from "./scenarios/runner.ts";
import { PACKAGE } from "./support/program.ts";

const FOLDER = join(PACKAGE, "../../tests/scenarios/refresh");
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));

async function run(scenario: Scenario): Promise<void> {
  const runner = new Runner(scenario);
  for (const [place, step] of scenario.steps.entries()) {
    await runner.step(step).catch((error: Error) => {
      throw new Error(`step ${place + 1} (${JSON.stringify(step)}): ${error.message}\n  in: ${scenario.about}`);
    });
  }
}

describe("a refresh scenario, as JavaScript sees it", () => {
  test.each(files)("%s", async (file) => {
    await run(JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Scenario);
  });

  test("they are all there", () => {
    expect(files.length).toBeGreaterThanOrEqual(20);
  });

  test("that is broken names its step", async () => {
    const broken: Scenario = { about: "planted", steps: [{ wait: "1s" }, { get: { key: 2 } }] };
    await expect(run(broken)).rejects.toThrow(/^step 2 .*the key: expected 2, got 1/);
  });
});
