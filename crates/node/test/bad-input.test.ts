import { inspect } from "node:util";

import { fromVault, healing, LeasekeyError } from "leasekey";
import { describe, expect, test } from "vitest";

import { failed } from "../ts/errors.ts";
import { PACKAGE, run, runModule } from "./support/program.ts";
import { serve } from "./support/server.ts";
import { ownLogin, ROLE } from "./support/stack.ts";

const login = { role: ROLE, roleId: "role-id", secretId: "canary-secret-id" };

describe("Vault is down at the first use", () => {
  test("nobody listens: a LeasekeyError at once, and no hang", async () => {
    const vault = fromVault({ ...login, address: "http://127.0.0.1:1", deadline: "2s" });
    const began = performance.now();
    await expect(vault()).rejects.toMatchObject({ code: "LK-0109", retryable: true, tryNextLink: false });
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  test("it never answers: a LeasekeyError at the caller's deadline", async () => {
    await using silent = await serve(() => undefined);
    const vault = fromVault({ ...login, address: silent.url, deadline: "300ms" });
    const began = performance.now();
    await expect(vault()).rejects.toMatchObject({ code: "LK-0123", retryable: true });
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(2_000);
  });

  test("it never answers: the first caller may abort as well", async () => {
    await using silent = await serve(() => undefined);
    const vault = fromVault({ ...login, address: silent.url, deadline: "5s" });
    const began = performance.now();
    await expect(vault({ abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("a client that never tells its Region costs neither the deadline nor the abort", async () => {
    await using silent = await serve(() => undefined);
    const callerClientConfig = { region: () => new Promise<string>(() => undefined) };
    const began = performance.now();
    for (const options of [{ deadline: "200ms" }, { deadline: "5s", abort: true }] as const) {
      const vault = fromVault({ ...login, address: silent.url, deadline: options.deadline });
      const abortSignal = "abort" in options ? AbortSignal.timeout(50) : undefined;
      const told = "abort" in options ? { name: "TimeoutError" } : { code: "LK-0123" };
      await expect(vault({ callerClientConfig, abortSignal })).rejects.toMatchObject(told);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("it never answers: whoever aborts waits no longer, and the others go on", async () => {
    await using silent = await serve(() => undefined);
    const vault = fromVault({ ...login, address: silent.url, deadline: "1s" });
    const other = vault();
    const reason = new Error("I have no time");
    const began = performance.now();
    await expect(vault({ abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(vault({ abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(performance.now() - began).toBeLessThan(700);
    await expect(other).rejects.toMatchObject({ code: "LK-0123" });
  });
});

describe("use after close", () => {
  test("is a LeasekeyError, of an opened provider and of one that never was", async () => {
    const used = fromVault(await ownLogin());
    await used();
    for (const vault of [used, fromVault(login)]) {
      await vault.close();
      expect(vault.phase).toBe("closed");
      for (const call of [() => vault(), () => vault.refresh(), () => vault.validFor(1), () => vault.close()]) {
        await expect(call()).rejects.toMatchObject({ code: "LK-0118", retryable: false });
      }
      for (const listen of [() => vault.events(), () => vault.on("event", () => {}), () => vault.once("event", () => {})]) {
        expect(listen).toThrow("LK-0118");
      }
      await vault[Symbol.asyncDispose]();
    }
  });

  test("of one of two providers leaves the other its lease", async () => {
    const settings = await ownLogin();
    const [one, other] = [fromVault(settings), fromVault(settings)];
    const [{ accessKeyId }] = await Promise.all([one(), other()]);
    await one.close();
    expect((await other()).accessKeyId).toBe(accessKeyId);
    await other.close();
  });
});

describe("a call", () => {
  const refused = (message: string) => expect.objectContaining({ code: "LK-0116", message: expect.stringContaining(message) as string }) as Error;

  test("with something else than a signal is refused", async () => {
    const vault = fromVault(login);
    for (const call of [() => vault({ abortSignal: {} as never }), () => vault.refresh({ abortSignal: 7 as never })]) {
      await expect(call()).rejects.toEqual(refused("Allowed is the signal of an AbortController"));
    }
  });

  test("takes the Region of a client as text as well", async () => {
    await using vault = fromVault(await ownLogin());
    await expect(vault({ callerClientConfig: { region: "eu-south-2" } })).resolves.toHaveProperty("accessKeyId");
  });

  test("that listens to what is no event, or with what is no function, is refused", () => {
    const vault = fromVault(login);
    expect(() => vault.on("rotates" as never, () => {})).toThrow('LK-0116: there is no event "rotates". There are event, rotated, ');
    expect(() => vault.on("event", 7 as never)).toThrow("LK-0116: listener is 7. Allowed is a function");
  });
});

describe("an error", () => {
  test("tells code, hint and cause, and is known to every copy of the package", async () => {
    await using vault = fromVault({ ...(await ownLogin()), role: "nobody-may-have-this" });
    const error = (await vault().catch((error: unknown) => error)) as LeasekeyError;
    expect(error).toBeInstanceOf(LeasekeyError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "LK-0106", retryable: false, name: "CredentialsProviderError" });
    expect((error.cause as Error).message).toBe("the reply reads as a policy that lacks the path");
    expect(error.message).toContain(error.hint);
    expect(inspect(error)).toContain("LK-0106");
    const { createRequire } = await import("node:module");
    const other = createRequire(import.meta.url)("leasekey") as typeof import("leasekey");
    expect(other.LeasekeyError).not.toBe(LeasekeyError);
    expect(error).toBeInstanceOf(other.LeasekeyError);
    expect(new Error("no")).not.toBeInstanceOf(LeasekeyError);
    class Own extends LeasekeyError {}
    expect(error).not.toBeInstanceOf(Own);
  });

  test("of a reply names it as Vault's audit log does", async () => {
    await using vault = fromVault({ ...(await ownLogin()), kind: "iam_user" });
    await expect(vault()).rejects.toMatchObject({ code: "LK-0113", vaultRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
  });

  test("of the native side keeps all that it tells", () => {
    const failure = { code: "LK-0105", message: "no role", hint: "Set LEASEKEY_ROLE, or pass role=", retryable: false };
    const error = failed(JSON.stringify({ ...failure, vaultRequestId: "7a2e", causes: ["outer", "inner"] }));
    expect(error).toMatchObject({ code: "LK-0105", hint: "Set LEASEKEY_ROLE, or pass role", vaultRequestId: "7a2e" });
    expect(error.cause).toMatchObject({ message: "outer", cause: { message: "inner" } });
  });
});

describe("what cannot be loaded", () => {
  test("a missing platform package is named with the command that installs it", async () => {
    const text = `
      import Module from "node:module";
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        if (request.endsWith(".node") || /^leasekey-/.test(request)) {
          throw Object.assign(new Error("Cannot find module " + request), { code: "MODULE_NOT_FOUND" });
        }
        return resolve.call(this, request, ...rest);
      };
      const { fromVault, LeasekeyError } = await import("leasekey");
      try { fromVault({ role: "orders" }); } catch (error) {
        console.log(error instanceof LeasekeyError, error.message);
      }`;
    const ended = await runModule(text);
    const name = /leasekey-(linux|darwin)-(x64|arm64)(-gnu|-musl)?/.source;
    expect(ended.out, ended.err).toMatch(
      new RegExp(`^true LK-0112: the native package ${name} is missing. Run: npm install ${name}@\\d[^ ]*\n$`),
    );
  });

  test("an old Node is told which one is needed", async () => {
    const text = `
      Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });
      const { fromVault, LeasekeyError } = await import("leasekey");
      try { fromVault({ role: "orders" }); } catch (error) { console.log(error instanceof LeasekeyError, error.message); }`;
    const ended = await runModule(text);
    expect(ended.out).toBe("true LK-0112: Node 18.20.8 is older than 20. Use Node 20 or later\n");
  });
});

test("healing takes nothing but providers", () => {
  const client = { middlewareStack: { add: () => undefined } };
  expect(() => healing(client, (async () => ({})) as never)).toThrow(LeasekeyError);
});

describe("the command line", () => {
  const leasekey = (...words: string[]) => run(process.execPath, [`${PACKAGE}/bin/leasekey.js`, ...words]);

  test("leases a set for whatever is not JavaScript", async () => {
    const ended = await leasekey("creds", "--role", ROLE, "--format", "json");
    expect(ended.code, ended.err).toBe(0);
    expect(Object.values(JSON.parse(ended.out) as object).join()).toContain("ASIA");
  });

  test("keeps the exit codes of the library's own", async () => {
    expect((await leasekey("explain", "LK-0105")).code).toBe(0);
    const unknown = await leasekey("explain", "LK-9999");
    expect([unknown.code, unknown.err !== ""]).toEqual([2, true]);
    expect((await leasekey("--no-such-option")).code).toBe(2);
  });
});
