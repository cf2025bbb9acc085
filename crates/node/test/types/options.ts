// Compiled, never run: what a program may write, and what it may not.
import { S3Client } from "@aws-sdk/client-s3";
import { createCredentialChain, fromEnv } from "@aws-sdk/credential-providers";
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider, RuntimeConfigAwsCredentialIdentityProvider } from "@aws-sdk/types";
import { type FromVaultInit, fromVault, healing, type VaultCredentials } from "leasekey";

const vault: VaultCredentials = fromVault({ role: "orders" });
export const client: S3Client = healing(new S3Client({ credentials: vault }), vault);
export const chain = createCredentialChain(fromEnv(), vault);
export const provider: AwsCredentialIdentityProvider = vault;
export const runtime: RuntimeConfigAwsCredentialIdentityProvider = vault;
export const identity: Promise<AwsCredentialIdentity> = vault.validFor("10m");

const taken: FromVaultInit[] = [
  {},
  { role: "orders", ttl: "15m" },
  { role: "orders", ttl: 900_000, deadline: "1h 30m" },
  { address: ["https://a:8200", "https://b:8200"], allowHttp: true, maxRetries: 3 },
  { kind: "assumed_role", ttl: "15m", roleArn: "arn:aws:iam::111122223333:role/orders", sessionName: "orders" },
  { kind: "federation_token", ttl: "1h" },
  { kind: "iam_user", maxAge: "12h", maxLease: "12h" },
  { kind: "static", mount: "aws" },
  { logger: console },
];
void taken;

// @ts-expect-error the key of a static role has no ttl
fromVault({ kind: "static", role: "orders", ttl: "15m" });
const made = { kind: "static" as const, ttl: "15m" as const };
// @ts-expect-error nor one that was written before
fromVault(made);
// @ts-expect-error nor has that of an IAM user
fromVault({ kind: "iam_user", role: "orders", ttl: "15m" });
// @ts-expect-error only an IAM user's key has an age
fromVault({ kind: "assumed_role", role: "orders", maxAge: "12h" });
// @ts-expect-error a federation token assumes no role
fromVault({ kind: "federation_token", role: "orders", roleArn: "arn" });
// @ts-expect-error a number needs its unit in a text
fromVault({ role: "orders", ttl: "900" });
// @ts-expect-error 15 what?
fromVault({ role: "orders", ttl: "15 minutes" });
// @ts-expect-error there is no such setting
fromVault({ roel: "orders" });
// @ts-expect-error a role is a text
fromVault({ role: 7 });
// @ts-expect-error there is no such event
vault.on("rotates", () => undefined);
vault.on("rotated", (event) => event.fields["accessKeyId"]?.length);
// @ts-expect-error what a provider did is read only
vault.stats.issues = 1;
