import { inspect } from "node:util";

import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { fromVault } from "leasekey";
import { expect, test } from "vitest";

import { BUCKET, ownLogin, plant, s3 } from "./support/stack.ts";

/** Everything that a careless program shows of a value. */
function shown(value: unknown): string {
  const ways = [
    () => inspect(value, { depth: 10, showHidden: true }),
    () => inspect(value, { depth: 10, showHidden: true, customInspect: false }),
    () => String(value),
    () => JSON.stringify(value),
    () => inspect(Object.getOwnPropertyDescriptors(Object(value)), { depth: 10 }),
    () => inspect({ ...(value as object) }, { depth: 10 }),
    () => inspect(structuredClone(value), { depth: 10, showHidden: true }),
  ];
  const tried = ways.map((way) => {
    try {
      return way();
    } catch (error) {
      return inspect(error, { depth: 10, showHidden: true });
    }
  });
  return tried.join("\n");
}

test("nothing that is shown of provider, identity, client or error holds a secret", async () => {
  const login = await ownLogin();
  const vault = fromVault(login);
  const client = s3({ credentials: vault });
  const listed = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const identity = await vault();
  const events: unknown[] = [];
  vault.on("event", (event) => events.push(event));
  await vault.refresh();
  const error = await vault.validFor("20m").catch((error: unknown) => error);
  const refused = await fromVault({ ...login, secretId: "canary-of-a-wrong-secret-id" })().catch((error) => error);
  const secrets = [login.secretId, "canary-of-a-wrong-secret-id"];
  for (const { secretAccessKey, sessionToken } of [identity, await vault()]) {
    secrets.push(secretAccessKey, sessionToken as string);
  }
  plant(...secrets);
  for (const [name, value] of Object.entries({ vault, identity, client, listed, events, error, refused, lease: vault.lease })) {
    const text = shown(value);
    expect(secrets.filter((secret) => text.includes(secret)), name).toEqual([]);
  }
  expect(shown(vault)).toContain(identity.accessKeyId.slice(0, 4));
  await vault.close();
});

test("a look that finds nothing would find what is there", () => {
  expect(shown({ secretAccessKey: "planted-canary" })).toContain("planted-canary");
});
