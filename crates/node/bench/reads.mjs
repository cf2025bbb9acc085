import { memoizeIdentityProvider } from "@smithy/core";
import { fromVault } from "leasekey";
import { Bench } from "tinybench";

import { beside, median, ratio } from "./report.mjs";

export const about = "a call of the provider, beside an async constant and the SDK's memoizer, in turns";

const ROUNDS = 21;
const CALLS = 20_000;

/** What a call costs when its set is in hand. */
export async function measure() {
  const vault = fromVault({});
  const { accessKeyId, secretAccessKey, sessionToken, accountId, expiration } = await vault();
  const constant = { accessKeyId, secretAccessKey, sessionToken, accountId, expiration };
  const always = async () => constant;
  const memoized = memoizeIdentityProvider(always, () => false, () => true);
  const contestants = {
    ours: () => vault(),
    constant: always,
    memoizer: async () => ({ ...(await memoized()) }),
  };
  const rounds = { ours: [], constant: [], memoizer: [] };
  for (let round = -1; round < ROUNDS; round += 1) {
    // Too short for one look at the clock each: a task is many calls.
    const bench = new Bench({ iterations: 1, time: 0, warmup: false });
    const names = Object.keys(contestants);
    for (const name of [...names.slice(round % 3), ...names.slice(0, round % 3)]) {
      const call = contestants[name];
      bench.add(name, async () => {
        for (let calls = 0; calls < CALLS; calls += 1) {
          await call();
        }
      });
    }
    await bench.run();
    // The first one warms up.
    for (const { name, result } of round < 0 ? [] : bench.tasks) {
      rounds[name].push((result.latency.mean * 1e6) / CALLS);
    }
  }
  await vault.close();
  const [ours, theirs, memo] = [rounds.ours, rounds.constant, rounds.memoizer].map(median);
  const [times, times_memo] = [ratio(rounds.ours, rounds.constant), ratio(rounds.ours, rounds.memoizer)];
  return [
    beside("read", ours, "ns", "async constant", theirs, times, "<= 5 x peer, <= 300 ns", times <= 5 && ours <= 300),
    beside("read_beside_memoizer", ours, "ns", "SDK memoizer, copied", memo, times_memo, "<= 1 x peer", times_memo <= 1),
  ];
}
