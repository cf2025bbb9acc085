import { Readable } from "node:stream";

import { ListObjectsV2Command, PutObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { createCredentialChain, fromEnv } from "@aws-sdk/credential-providers";
import { fromVault, healing, type VaultCredentials } from "leasekey";
import { expect, test } from "vitest";

import { type OwnServer, serve } from "./support/server.ts";
import { ownLogin } from "./support/stack.ts";

const LISTED = '<?xml version="1.0"?><ListBucketResult><Name>b</Name></ListBucketResult>';

/** An S3 that refuses the first key that it sees in this way, and no other. */
async function refusing(code: string, keys: Set<string>, refuses = 1): Promise<OwnServer> {
  return serve((request, response) => {
    request.resume().on("end", () => {
      const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      keys.add(key);
      const refused = [...keys].indexOf(key) < refuses;
      response.writeHead(refused ? 403 : 200, { "content-type": "application/xml" });
      response.end(refused ? `<Error><Code>${code}</Code><Message>no</Message></Error>` : LISTED);
    });
  });
}

/** A set that is old enough: one is replaced 2 s after it was asked for at the earliest. */
async function leased(): Promise<VaultCredentials> {
  const vault = fromVault(await ownLogin());
  await vault();
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  return vault;
}

function client(endpoint: string, vault: VaultCredentials, credentials: S3ClientConfig["credentials"] = vault): S3Client {
  return healing(new S3Client({ endpoint, region: "eu-central-1", forcePathStyle: true, credentials: credentials as never }), vault);
}

test.each(["ExpiredToken", "InvalidAccessKeyId", "InvalidClientTokenId", "RequestExpired"])(
  "%s costs no call: a new set, and the call once more",
  async (code) => {
    const keys = new Set<string>();
    await using server = await refusing(code, keys);
    await using vault = await leased();
    await client(server.url, vault).send(new ListObjectsV2Command({ Bucket: "b" }));
    expect(server.requests.length).toBe(2);
    expect(keys.size).toBe(2);
    expect(vault.stats).toMatchObject({ issues: 2, heals: 1 });
  },
);

test("the calls of a chain are healed, too, where the SDK is told to cache nothing of it", async () => {
  const keys = new Set<string>();
  await using server = await refusing("ExpiredToken", keys);
  await using vault = await leased();
  const chain = Object.assign(createCredentialChain(fromEnv(), vault), { memoized: true });
  await client(server.url, vault, chain).send(new ListObjectsV2Command({ Bucket: "b" }));
  expect([server.requests.length, keys.size]).toEqual([2, 2]);
});

test("many calls that fail at once are one new set", async () => {
  const keys = new Set<string>();
  await using server = await refusing("ExpiredToken", keys);
  await using vault = await leased();
  const s3 = client(server.url, vault);
  await Promise.all(Array.from({ length: 20 }, () => s3.send(new ListObjectsV2Command({ Bucket: "b" }))));
  expect(keys.size).toBe(2);
  expect(vault.stats.heals).toBe(1);
});

test("AccessDenied never heals", async () => {
  const keys = new Set<string>();
  await using server = await refusing("AccessDenied", keys);
  await using vault = await leased();
  const call = client(server.url, vault).send(new ListObjectsV2Command({ Bucket: "b" }));
  await expect(call).rejects.toMatchObject({ name: "AccessDenied" });
  expect(vault.stats).toMatchObject({ issues: 1, heals: 0 });
});

test("a new set that is refused, too, ends the healing", async () => {
  const keys = new Set<string>();
  await using server = await refusing("InvalidToken", keys, 9);
  await using vault = await leased();
  const s3 = client(server.url, vault);
  for (let calls = 0; calls < 3; calls += 1) {
    await expect(s3.send(new ListObjectsV2Command({ Bucket: "b" }))).rejects.toMatchObject({ name: "InvalidToken" });
  }
  expect(vault.stats).toMatchObject({ issues: 2, heals: 1 });
});

test("a body that is a stream is not sent again", async () => {
  const keys = new Set<string>();
  await using server = await refusing("ExpiredToken", keys);
  await using vault = await leased();
  const put = new PutObjectCommand({ Bucket: "b", Key: "k", Body: Readable.from(["x"]), ContentLength: 1 });
  await expect(client(server.url, vault).send(put)).rejects.toMatchObject({ name: "ExpiredToken" });
  expect(server.requests.length).toBe(1);
});

test("a body that is a text is", async () => {
  const keys = new Set<string>();
  await using server = await refusing("ExpiredToken", keys);
  await using vault = await leased();
  await client(server.url, vault).send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "x" }));
  expect(keys.size).toBe(2);
});
