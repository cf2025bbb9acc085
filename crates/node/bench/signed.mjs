import { readFileSync } from "node:fs";

import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { fromVault } from "leasekey";

import { alone } from "./report.mjs";

export const about = "1,000 signed requests to S3 at a ttl of 900 s";

/** How often the server's audit log tells of an issue. */
export function issues() {
  const lines = readFileSync(process.env.LEASEKEY_STACK_AUDIT_LOG, "utf8").split("\n");
  return lines.filter((line) => line.includes('"type":"request"') && line.includes('"path":"aws/creds/')).length;
}

/** Issues that the calls of one client cost. */
export async function measure() {
  const before = issues();
  const vault = fromVault({ ttl: "15m" });
  const s3 = new S3Client({ credentials: vault });
  for (let calls = 0; calls < 1_000; calls += 1) {
    await s3.send(new ListObjectsV2Command({ Bucket: process.env.LEASEKEY_BUCKET, MaxKeys: 1 }));
  }
  const asked = issues() - before;
  await vault.close();
  return [alone("signed_issues", asked, "issues", "= 1", asked === 1)];
}
