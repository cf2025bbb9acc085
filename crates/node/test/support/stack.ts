import { appendFileSync } from "node:fs";

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

/** A variable of the stack that `cargo xtask test` starts. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run cargo xtask test, or eval "$(cargo xtask stack env)"`);
  }
  return value;
}

export const ROLE: string = variable("LEASEKEY_ROLE");
export const BUCKET: string = variable("LEASEKEY_BUCKET");

/** A client of the emulator. */
export function s3(config: S3ClientConfig): S3Client {
  return new S3Client({ forcePathStyle: true, ...config });
}

/** Asks the server as its administrator. */
export async function asRoot(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const reply = await fetch(`${variable("VAULT_ADDR")}/v1/${path}`, {
    method,
    headers: { "X-Vault-Token": variable("LEASEKEY_STACK_ROOT_TOKEN") },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) {
    throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  }
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** Has all that the run prints searched for these at its end. */
export function plant(...secrets: string[]): void {
  const folder = process.env["LEASEKEY_TEST_LOGS"];
  if (folder !== undefined) {
    appendFileSync(`${folder}/node-${process.pid}.planted`, `${secrets.join("\n")}\n`);
  }
}

const names = new WeakMap<object, string>();
let logins = 0;

/** Settings with a login of a test's own, so that it shares no lease with another. */
export async function ownLogin(): Promise<{ role: string; roleId: string; secretId: string }> {
  logins += 1;
  const name = `node-${process.pid}-${logins}`;
  await asRoot("POST", `auth/approle/role/${name}`, { token_policies: ["orders"], token_ttl: "20m" });
  const role = (await asRoot("GET", `auth/approle/role/${name}/role-id`))["data"] as { role_id: string };
  const secret = (await asRoot("POST", `auth/approle/role/${name}/secret-id`))["data"] as { secret_id: string };
  plant(secret.secret_id);
  const login = { role: ROLE, roleId: role.role_id, secretId: secret.secret_id };
  names.set(login, name);
  return login;
}

/** How many tokens of a test's own login live. */
export async function liveTokens(login: object): Promise<number> {
  const { keys } = (await asRoot("LIST", "auth/token/accessors"))["data"] as { keys: string[] };
  const tokens = keys.map(async (accessor) => {
    // It may have ended since.
    const token = await asRoot("POST", "auth/token/lookup-accessor", { accessor }).catch(() => ({}));
    return JSON.stringify(token);
  });
  const ours = `"role_name":"${names.get(login)}"`;
  return (await Promise.all(tokens)).filter((token) => token.includes(ours)).length;
}

/** Waits for what is to become so. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error(`in 20 s it never was so: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
