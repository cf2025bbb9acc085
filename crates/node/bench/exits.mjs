import { alone } from "./report.mjs";
import { run } from "./run.mjs";

export const about = "1,000 exits and 1,000 ends of workers at random moments";

const PROGRAMS = 1_000;
const WORKERS = 1_000;
const AT_ONCE = 2;
// A login and an issue are done by then.
const LATEST = 60;

const exit = (moment) => `
  import { fromVault } from "leasekey";
  const vault = fromVault({});
  vault.on("event", () => {});
  void vault().then(() => vault.refresh()).catch(() => {});
  setTimeout(() => process.exit(7), ${moment});`;

const terminations = (seed) => `
  import { Worker } from "node:worker_threads";
  const text = \`
    const { fromVault } = require("leasekey");
    const vault = fromVault({});
    vault.on("event", () => {});
    const loop = () => vault.refresh().catch(() => {}).then(() => setTimeout(loop, 1));
    vault().then(loop, loop);\`;
  let [state, bad] = [${seed}, 0];
  for (let workers = 0; workers < 100; workers += 1) {
    state = (state * 48271) % 2147483647;
    const worker = new Worker(text, { eval: true });
    worker.on("error", () => (bad += 1));
    await new Promise((resolve) => worker.once("online", resolve));
    await new Promise((resolve) => setTimeout(resolve, state % ${LATEST}));
    await worker.terminate();
  }
  process.exit(bad === 0 ? 7 : 1);`;

async function changed(texts) {
  let bad = 0;
  const queue = [...texts];
  const runner = async () => {
    for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
      const ended = await run(text);
      if (ended.code !== 7 || ended.signal !== null) {
        bad += 1;
        console.log(`              ${ended.signal ?? ended.code}: ${ended.err.trim().split("\n").at(-1)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  return bad;
}

/** Programs whose end was not the one they chose. */
export async function measure() {
  const exited = await changed(Array.from({ length: PROGRAMS }, () => exit(Math.random() * LATEST)));
  const terminated = await changed(Array.from({ length: WORKERS / 100 }, (_, seed) => terminations(seed + 1)));
  return [
    alone("exits", exited, "of 1,000 changed", "= 0", exited === 0),
    alone("terminations", terminated, "of 10 programs with 100 workers changed", "= 0", terminated === 0),
  ];
}
