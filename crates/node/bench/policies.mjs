import { PolicyDocument, PolicySet } from "leasekey/iam";

import { alone, median } from "./report.mjs";

export const about = "a decision of a request that is made anew, by a set of 1 statement and of 30";

const ROUNDS = 21;
const CALLS = 20_000;
const TARGET = 5_000;

/** Statements of which the last applies. */
function policies(count) {
  const statement = (number) => {
    const isLast = number + 1 === count;
    return {
      Sid: `S${number}`,
      Effect: "Allow",
      Action: [isLast ? "s3:GetObject" : "sqs:GetObject", "s3:Put*"],
      Resource: [isLast ? "arn:aws:s3:::orders/*" : `arn:aws:s3:::bucket-${number}/*`],
    };
  };
  const text = JSON.stringify({ Version: "2012-10-17", Statement: Array.from({ length: count }, (_, number) => statement(number)) });
  return new PolicySet({ identity: PolicyDocument.parse(text) });
}

function allowed(set, number) {
  const { outcome } = set.evaluate({
    principal: "arn:aws:iam::111122223333:user/ann",
    action: "s3:GetObject",
    resource: `arn:aws:s3:::orders/${number}`,
    context: { "aws:username": "ann", "s3:prefix": "home/ann/x", "aws:SourceIp": "198.51.100.7" },
  });
  return outcome === "allow";
}

/** What a decision costs, its request among it. */
export async function measure() {
  return [1, 30].map((count) => {
    const set = policies(count);
    const rounds = Array.from({ length: ROUNDS + 1 }, () => {
      const began = process.hrtime.bigint();
      for (let calls = 0; calls < CALLS; calls += 1) {
        if (!allowed(set, calls)) {
          throw new Error("the last statement allows it");
        }
      }
      return Number(process.hrtime.bigint() - began) / CALLS;
    });
    // The first one warms up.
    const value = median(rounds.slice(1));
    return alone(`evaluate_${count}`, value, "ns", `<= ${TARGET} ns`, value <= TARGET);
  });
}
