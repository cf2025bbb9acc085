import { alone } from "./report.mjs";
import { run } from "./run.mjs";

export const about = "1,000 exits and 1,000 ends of workers at random moments";

const PROGRAMS = 1_000;
const WORKERS = 1_000;
// In one program after the other: its signal would be theirs.
const WORKERS_EACH = 100;
const AT_ONCE = 2;
const CHOSEN = 7;
// A login and an issue are done by then.
const LATEST = 60;

const exit = (moment) => `
  import { fromVault } from "leasekey";
  const vault = fromVault({});
  vault.on("event", () => {});
  void vault().then(() => vault.refresh()).catch(() => {});
  setTimeout(() => process.exit(${CHOSEN}), ${moment});`;

const terminations = (seed) => `
  import { Worker } from "node:worker_threads";
  const text = \`
    import { fromVault } from "leasekey";
    const vault = fromVault({});
    vault.on("event", () => {});
    const loop = () => vault.refresh().catch(() => {}).then(() => setTimeout(loop, 1));
    vault().then(loop, loop);\`;
  let [state, changed] = [${seed}, 0];
  for (let workers = 0; workers < ${WORKERS_EACH}; workers += 1) {
    state = (state * 48271) % 2147483647;
    const worker = new Worker(text, { eval: true });
    let failed = false;
    worker.on("error", () => (failed = true));
    await new Promise((resolve) => worker.once("online", resolve));
    await new Promise((resolve) => setTimeout(resolve, state % ${LATEST}));
    // What Node itself says of a worker that was terminated.
    if ((await worker.terminate()) !== 1 || failed) changed += 1;
  }
  console.log(changed);
  process.exit(${CHOSEN});`;

/** Runs programs, a few at once; hands each end to `judge`, and sums up what it says. */
async function sum(texts, judge) {
  let bad = 0;
  const queue = [...texts];
  const runner = async () => {
    for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
      const ended = await run(text);
      const found = judge(ended);
      if (found > 0) {
        bad += found;
        console.log(`              ${ended.signal ?? ended.code}: ${ended.err.trim().split("\n").at(-1)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  return bad;
}

/** Programs and workers whose end was not the one that was chosen. */
export async function measure() {
  const kept = ({ code, signal }) => code === CHOSEN && signal === null;
  const exits = Array.from({ length: PROGRAMS }, () => exit(Math.random() * LATEST));
  const exited = await sum(exits, (ended) => (kept(ended) ? 0 : 1));
  const programs = Array.from({ length: WORKERS / WORKERS_EACH }, (_, seed) => terminations(seed + 1));
  const terminated = await sum(programs, (ended) => (kept(ended) ? Number(ended.out) : WORKERS_EACH));
  return [
    alone("exits_changed", exited, "of 1,000 processes", "= 0", exited === 0),
    alone("terminations_changed", terminated, "of 1,000 workers", "= 0", terminated === 0),
  ];
}
