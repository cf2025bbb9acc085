import fc from "fast-check";
import { fromVault, LeasekeyError } from "leasekey";
import { describe, expect, test } from "vitest";

import { SETTINGS } from "../ts/schema.ts";

const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];

function error(init: unknown): LeasekeyError {
  try {
    fromVault(init as Parameters<typeof fromVault>[0]);
  } catch (error) {
    return error as LeasekeyError;
  }
  throw new Error("it was taken");
}

describe("an option", () => {
  test("that is none names the one that was meant", () => {
    expect(error({ roel: "orders" }).message).toBe(
      'LK-0116: there is no setting "roel". Did you mean role? docs/settings.md lists all settings',
    );
    expect(error({ roleArm: "arn" }).hint).toContain("Did you mean roleArn?");
  });

  test("that is written otherwise than here is refused, not passed over", () => {
    for (const name of ["role_id", "expected_account", "Role", "allow_http"]) {
      expect(error({ [name]: "x" }).message, name).toMatch(`there is no setting "${name}"`);
    }
    expect(error({ expected_account: "111122223333" }).hint).toContain("Did you mean expectedAccount?");
    for (const name of ["constructor", "toString", "__proto__"]) {
      expect(error(JSON.parse(`{ "${name}": "x" }`)).code, name).toBe("LK-0116");
    }
  });

  test("of a wrong type says what is allowed", () => {
    expect(error({ role: 7 }).message).toBe("LK-0116: role is 7. Allowed is any text");
    expect(error({ role: "" }).message).toBe("LK-0116: role is empty. Allowed is any text");
    expect(error({ role: null }).message).toBe("LK-0116: role is null. Allowed is any text");
    expect(error({ allowHttp: "yes" }).message).toBe("LK-0116: allowHttp is a text that is none. Allowed is true or false");
    expect(error({ maxRetries: -1 }).message).toBe("LK-0116: maxRetries is -1. Allowed is a whole number from 0");
    expect(error({ address: ["https://a:8200", 7] }).message).toContain("address is 7");
  });

  test("of a duration needs its unit, or is a number of milliseconds", () => {
    for (const ttl of ["900", "", " ", 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, {}, []]) {
      expect(error({ ttl }).message, String(ttl)).toContain('Allowed is a duration with its unit, such as "15m"');
    }
    for (const span of ["15m", "1h 30m", "1h30m", "900s", 900_000]) {
      expect(() => fromVault({ ttl: span, deadline: span } as never), String(span)).not.toThrow();
    }
  });

  test("of another form than an object of settings is refused", () => {
    for (const [init, type] of [[null, "Null"], ["orders", "String"], [["orders"], "Array"], [new Date(), "Date"]] as const) {
      expect(error(init).message).toBe(`LK-0116: the options are of type ${type}. Pass an object of settings`);
    }
    expect(error({ logger: () => undefined }).message).toBe(
      "LK-0116: logger is of type function. Allowed is an object with the functions debug and warn",
    );
  });

  test("that is undefined is left out", () => {
    expect(() => fromVault({ role: undefined, kind: undefined } as never)).not.toThrow();
  });

  test("of which none can be is told when it is first used, in the words of JavaScript", async () => {
    const vault = fromVault({ role: "orders", ttl: "soon" as never, address: "https://vault:8200", token: "t" });
    await expect(vault()).rejects.toMatchObject({ code: "LK-0116", message: expect.stringContaining('ttl is "soon"') as string });
    const short = fromVault({ role: "orders", ttl: "5m", address: "https://vault:8200", token: "t" });
    await expect(short()).rejects.toMatchObject({ code: "LK-0108" });
  });
});

test("a span that is none is told to whoever waits", async () => {
  const vault = fromVault({ role: "orders" });
  for (const span of [undefined, null, "10", -1, {}]) {
    await expect(vault.validFor(span as never)).rejects.toMatchObject({ code: "LK-0116" });
  }
});

describe("any option", () => {
  test("is taken or is a LeasekeyError that quotes no text", () => {
    const options = [...names, "deadline", "logger"];
    const keywords = names.map((name) => SETTINGS[name].keyword);
    const name = fc.oneof(fc.constantFrom(...options, ...keywords), fc.string());
    const value = fc.oneof(fc.anything(), fc.constant("canary-of-an-option"), fc.constant("15m"));
    const settings = fc.dictionary(name, value, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: settings }, fc.anything()), (init) => {
        const given = Object.entries(Object(init) as object).filter(([, value]) => value !== undefined);
        const known = given.every(([name]) => options.includes(name));
        try {
          fromVault(init as never);
          expect(known, "nothing is passed over").toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(LeasekeyError);
          expect((error as LeasekeyError).code).toBe("LK-0116");
          expect(String(error)).not.toContain("canary");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("that is secret is never quoted, whatever it is", async () => {
    const secret = fc.constantFrom<"secretId" | "token" | "clientKeyBytes" | "mfa">("secretId", "token", "clientKeyBytes", "mfa");
    const value = fc.oneof(fc.string({ minLength: 12 }), fc.constant("canary\u0000with\ncontrol\u001b[31m"));
    await fc.assert(
      fc.asyncProperty(secret, value, async (name, value) => {
        const vault = fromVault({ role: "orders", address: "http://127.0.0.1:1", deadline: 1, [name]: value });
        const told = await vault().then(String, (error: Error) => `${error.message} ${String(error.cause)}`);
        expect(told).not.toContain(value);
      }),
      { numRuns: 40 },
    );
  });
});
