import { fromVault, type VaultEvent } from "leasekey";
import { expect, test } from "vitest";

import { ownLogin, until } from "./support/stack.ts";

test("a rotation is told to whoever listens, with what is known of it", async () => {
  await using vault = fromVault(await ownLogin());
  const rotated: VaultEvent[] = [];
  vault.on("rotated", (event) => rotated.push(event));
  await vault();
  const { accessKeyId } = await vault.refresh();
  await until("the rotation is told", () => rotated.length > 0);
  expect(rotated[0]).toMatchObject({ name: "credentials.swapped", severity: "info" });
  expect(rotated[0]?.fields["accessKeyId"]).toBe(accessKeyId);
  expect(rotated[0]?.at).toBeInstanceOf(Date);
  expect(String(rotated[0])).toContain("credentials.swapped");
});

test("whoever listens once or no more hears nothing after it", async () => {
  await using vault = fromVault(await ownLogin());
  let [once, never, all] = [0, 0, 0];
  const listener = (): void => void (never += 1);
  vault.once("event", () => (once += 1)).on("event", listener).off("event", listener);
  vault.on("event", () => (all += 1));
  await vault();
  await until("login and issue are told", () => all >= 2);
  expect([once, never]).toEqual([1, 0]);
});

test("a listener that throws costs the others nothing", async () => {
  await using vault = fromVault(await ownLogin());
  const thrown: unknown[] = [];
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").once("uncaughtException", (error) => thrown.push(error));
  let heard = 0;
  vault.once("vault.logged_in", () => {
    throw new Error("planted");
  });
  vault.on("vault.logged_in", () => (heard += 1));
  await vault();
  await until("both have heard", () => heard === 1 && thrown.length === 1);
  before.forEach((listener) => process.on("uncaughtException", listener));
});

test("an iterator gives the events to the close", async () => {
  const vault = fromVault(await ownLogin());
  const events = vault.events();
  await vault();
  await vault.close();
  const names = [];
  for await (const event of events) {
    names.push(event.name);
  }
  expect(names).toContain("vault.logged_in");
  expect(names).toContain("credentials.issued");
  expect(names).toContain("credentials.closed");
});

test("an iterator that is left is forgotten, and a slow one keeps the newest", async () => {
  await using vault = fromVault(await ownLogin());
  const left = vault.events();
  await left.return?.();
  await expect(left.next()).resolves.toMatchObject({ done: true });
});
