import { createServer } from "node:http";

import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { fromVault } from "leasekey";

import { alone, beside } from "./report.mjs";

export const about = "calls in the last five minutes of a set while Vault is away: 1,000 with Leasekey, 10 without";

const LEFT = 290;
const CALLS = 1_000;

/** A line to Vault on which sets have 290 s left; it can be cut. */
async function line() {
  let issues = 0;
  const server = createServer(async (request, response) => {
    issues += request.url.includes("/creds/") ? 1 : 0;
    const body = [];
    for await (const chunk of request) {
      body.push(chunk);
    }
    const { host, "content-length": _, connection: __, ...headers } = request.headers;
    const reply = await fetch(process.env.VAULT_ADDR + request.url, {
      method: request.method,
      headers,
      body: body.length > 0 ? Buffer.concat(body) : undefined,
    });
    const text = await reply.text();
    const shorter = request.url.includes("/creds/") ? text.replace(/"lease_duration":\d+/, `"lease_duration":${LEFT}`) : text;
    response.writeHead(reply.status, { "content-type": "application/json" }).end(shorter);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve)));
  return { address: `http://127.0.0.1:${server.address().port}`, cut, issues: () => issues };
}

/** What people write by hand. */
function byHand(address) {
  const ask = async (path, body, token = "") => {
    const headers = { "X-Vault-Token": token };
    const reply = await fetch(`${address}/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return reply.json();
  };
  return async () => {
    const material = { role_id: process.env.LEASEKEY_ROLE_ID, secret_id: process.env.LEASEKEY_SECRET_ID };
    const { auth } = await ask("auth/approle/login", material);
    const { data, lease_duration } = await ask(`aws/creds/${process.env.LEASEKEY_ROLE}`, {}, auth.client_token);
    return {
      accessKeyId: data.access_key,
      secretAccessKey: data.secret_key,
      sessionToken: data.security_token ?? data.session_token,
      expiration: new Date(Date.now() + lease_duration * 1000),
    };
  };
}

async function failures(credentials, cut, calls) {
  const s3 = new S3Client({ credentials });
  const list = () => s3.send(new ListObjectsV2Command({ Bucket: process.env.LEASEKEY_BUCKET, MaxKeys: 1 }));
  await list();
  await cut();
  let failed = 0;
  for (let call = 0; call < calls; call += 1) {
    await list().catch(() => (failed += 1));
  }
  return failed;
}

/** Calls that fail. */
export async function measure() {
  const [first, second] = [await line(), await line()];
  const vault = fromVault({ address: first.address });
  const ours = await failures(vault, first.cut, CALLS);
  await vault.close();
  const theirs = await failures(byHand(second.address), second.cut, 10);
  const [failed, issues] = [ours === 0 && theirs === 10, first.issues()];
  return [
    beside("outage_failures", ours, "of 1,000 calls", "SDK alone, of 10", theirs, ours / theirs, "= 0, peer 10", failed),
    alone("outage_issues", issues, "issues", "= 1", issues === 1),
  ];
}
