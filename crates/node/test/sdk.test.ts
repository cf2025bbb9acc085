import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { createCredentialChain, fromEnv } from "@aws-sdk/credential-providers";
import { fromVault, LeasekeyError } from "leasekey";
import { describe, expect, test } from "vitest";

import { Identity } from "../ts/identity.ts";
import { serve } from "./support/server.ts";
import { BUCKET, ownLogin, ROLE, s3, until, variable } from "./support/stack.ts";

describe("a client of the SDK", () => {
  test("lists a bucket with what the environment says of Vault", async () => {
    await using vault = fromVault({ role: ROLE });
    const listed = await s3({ credentials: vault }).send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(listed.Contents?.length).toBeGreaterThan(0);
    expect(vault.lease).toMatchObject({ kind: "assumed_role", accountId: variable("LEASEKEY_STACK_AWS_ACCOUNT") });
  });

  test("is refused what the policy of the role does not allow", async () => {
    await using vault = fromVault({ role: ROLE });
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: "no", Body: "no" });
    await expect(s3({ credentials: vault }).send(put)).rejects.toMatchObject({ name: "AccessDenied" });
  });

  test("signs the next call with the new set after a rotation", async () => {
    await using vault = fromVault(await ownLogin());
    const sts = new STSClient({ credentials: vault });
    const first = await sts.send(new GetCallerIdentityCommand());
    await vault.refresh();
    const second = await sts.send(new GetCallerIdentityCommand());
    expect(second.UserId).not.toBe(first.UserId);
  });

  test("leaves the caching to Leasekey: each call asks it", async () => {
    await using vault = fromVault({ role: ROLE });
    let asked = 0;
    const counting = new Proxy(vault, { apply: (provider, self, given) => ((asked += 1), Reflect.apply(provider, self, given)) });
    const client = s3({ credentials: counting });
    for (let calls = 0; calls < 3; calls += 1) {
      const before = asked;
      await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      expect(asked).toBeGreaterThan(before);
    }
  });

  test("may set its own flag, which in a bundle it does as a strict module", () => {
    const vault = fromVault({ role: ROLE });
    expect(() => ((vault as { memoized: boolean }).memoized = true)).not.toThrow();
    expect(vault.memoized).toBe(true);
  });

  test("tells AWS how the set was come by", async () => {
    await using vault = fromVault({ role: ROLE });
    const client = s3({ credentials: vault });
    let agent = "";
    client.middlewareStack.add(
      (next) => async (args) => {
        agent = (args.request as { headers: Record<string, string> }).headers["user-agent"] ?? "";
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const features = / m\/(\S+)/.exec(agent)?.[1]?.split(",");
    expect(features, agent).toContain("i");
    expect(features, agent).not.toContain("e");
  });

  test("many callers at once are one login and one issue", async () => {
    await using vault = fromVault(await ownLogin());
    const identities = await Promise.all(Array.from({ length: 1_000 }, () => vault()));
    expect(new Set(identities.map((identity) => identity.accessKeyId)).size).toBe(1);
    expect(new Set(identities).size).toBe(1_000);
    expect(vault.stats).toMatchObject({ issues: 1, logins: 1 });
  });
});

describe("the clients' own settings", () => {
  test("the Region of the client that asks first is the one whose STS is asked, unless the options name one", async () => {
    const signed: (string | undefined)[] = [];
    await using sts = await serve((request, response) => {
      signed.push(/Credential=[^/]*\/\d+\/([^/]*)\//.exec(request.headers.authorization ?? "")?.[1]);
      response.writeHead(403).end();
    });
    const pinned = { stsEndpoint: sts.url, expectedAccount: "111122223333", deadline: "2s" } as const;
    const asked: string[] = [];
    const callerClientConfig = { region: async () => (asked.push("region"), "eu-south-2") };
    for (const options of [{}, { region: "eu-west-3" }]) {
      await using vault = fromVault({ ...(await ownLogin()), ...pinned, ...options });
      for (let calls = 0; calls < 2; calls += 1) {
        await expect(vault({ callerClientConfig })).rejects.toBeInstanceOf(LeasekeyError);
      }
    }
    expect(asked, "by the first call of each").toEqual(["region", "region"]);
    expect([...new Set(signed)]).toEqual(["eu-south-2", "eu-west-3"]);
  });

  test("the client's logger is told what happens, and never a credential", async () => {
    const lines: unknown[] = [];
    const logger = { debug: (...line: unknown[]) => lines.push(...line), warn: () => undefined };
    await using vault = fromVault(await ownLogin());
    const identity = await vault({ callerClientConfig: { logger } });
    await until("the issue is logged", () => lines.join().includes("credentials.issued"));
    expect(lines.join()).not.toContain(identity.secretAccessKey);
    expect(lines.join()).not.toContain(identity.sessionToken);
  });

  test("a logger of the client's without functions costs nothing", async () => {
    await using vault = fromVault(await ownLogin());
    const { accessKeyId } = await vault({ callerClientConfig: { logger: {} } });
    expect((await vault.refresh()).accessKeyId).not.toBe(accessKeyId);
  });
});

describe("a chain", () => {
  test("goes on to Vault where the environment has no key", async () => {
    await using vault = fromVault({ role: ROLE });
    const identity = await createCredentialChain(fromEnv(), vault)();
    expect(identity.accessKeyId).toBe(vault.lease?.accessKeyId);
  });

  test("signs the calls of a client", async () => {
    await using vault = fromVault({ role: ROLE });
    const client = s3({ credentials: createCredentialChain(fromEnv(), vault) });
    const listed = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(listed.Contents?.length).toBeGreaterThan(0);
  });

  test("goes on where Vault is not configured", async () => {
    const keys = ["VAULT_ADDR", "BAO_ADDR"].map((name) => [name, process.env[name]] as const);
    keys.forEach(([name]) => delete process.env[name]);
    try {
      const other = async () => ({ accessKeyId: "AKIAOTHER", secretAccessKey: "other" });
      const vault = fromVault({ role: ROLE });
      await expect(createCredentialChain(vault, other)()).resolves.toMatchObject({ accessKeyId: "AKIAOTHER" });
      await expect(vault()).rejects.toMatchObject({ code: "LK-0101", tryNextLink: true });
    } finally {
      keys.forEach(([name, value]) => value !== undefined && (process.env[name] = value));
    }
  });

  test("stops at any other failure", async () => {
    const other = async () => ({ accessKeyId: "AKIAOTHER", secretAccessKey: "other" });
    const vault = fromVault({ ...(await ownLogin()), role: "no-such-role" });
    const refused = createCredentialChain(vault, other)();
    await expect(refused).rejects.toBeInstanceOf(LeasekeyError);
    await expect(refused).rejects.toMatchObject({ tryNextLink: false, name: "CredentialsProviderError" });
    await vault.close();
  });
});

describe("what a caller gets", () => {
  test("is its own object with an end, an account and the three parts of a key", async () => {
    await using vault = fromVault({ role: ROLE });
    const [one, other] = [await vault(), await vault()];
    expect(one).not.toBe(other);
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = one;
    expect({ accessKeyId, secretAccessKey, sessionToken }).toEqual({
      accessKeyId: other.accessKeyId,
      secretAccessKey: other.secretAccessKey,
      sessionToken: other.sessionToken,
    });
    expect(expiration.getTime()).toBeGreaterThan(Date.now() + 14 * 60_000);
    expect(accountId).toBe(variable("LEASEKEY_STACK_AWS_ACCOUNT"));
  });

  test.each([
    ["assumed_role", { CREDENTIALS_STS_ASSUME_ROLE: "i" }],
    ["federation_token", { CREDENTIALS_STS_FEDERATION_TOKEN: "l" }],
    ["session_token", { CREDENTIALS_STS_SESSION_TOKEN: "m" }],
    ["iam_user", { CREDENTIALS_CODE: "e" }],
    ["static", { CREDENTIALS_CODE: "e" }],
  ])("of kind %s tells AWS by which of its features it was come by", (kind, source) => {
    const set = { accessKeyId: "AKIA", secretAccessKey: "s", expiration: 0, kind };
    expect(new Identity(set).$source).toEqual(source);
  });

  test("is its own to write into, as the SDK does", async () => {
    await using vault = fromVault({ role: ROLE });
    type Written = { expiration: Date; $source: Record<string, string> };
    const [one, other] = (await Promise.all([vault(), vault()])) as unknown as [Written, Written];
    one.$source["CREDENTIALS_CODE"] = "e";
    one.expiration.setTime(0);
    expect(other.$source).toEqual({ CREDENTIALS_STS_ASSUME_ROLE: "i" });
    expect(other.expiration.getTime()).toBeGreaterThan(Date.now());
    one.expiration = new Date(1);
    one.$source = {};
    expect([one.expiration, one.$source]).toEqual([new Date(1), {}]);
  });

  test("lasts as long as was asked for, or is an error", async () => {
    await using vault = fromVault({ role: ROLE });
    const identity = await vault.validFor("14m");
    expect(identity.expiration.getTime()).toBeGreaterThan(Date.now() + 14 * 60_000 - 1_000);
    await expect(vault.validFor("20m")).rejects.toMatchObject({ code: "LK-0108" });
  });

  test("reads an object with a set for a presigned address", async () => {
    await using vault = fromVault({ role: ROLE });
    const { accessKeyId, secretAccessKey, sessionToken } = await vault.validFor("10m");
    const client = s3({ credentials: { accessKeyId, secretAccessKey, sessionToken: sessionToken as string } });
    const listed = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const object = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: listed.Contents?.[0]?.Key }));
    expect((await object.Body?.transformToByteArray())?.length).toBeGreaterThan(0);
  });
});
