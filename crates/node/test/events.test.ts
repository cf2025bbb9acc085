import { fromVault, type VaultEvent } from "leasekey";
import { expect, test } from "vitest";

import { Hub } from "../ts/events.ts";
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

test("readers of one iterator that wait side by side all end with it", async () => {
  const vault = fromVault(await ownLogin());
  const events = vault.events();
  const waiting = [events.next(), events.next()];
  await vault.close();
  await expect(Promise.all(waiting)).resolves.toEqual([{ done: true }, { done: true }]);
});

test("a slow reader keeps the newest 256", async () => {
  const hub = new Hub();
  const events = hub.iterate();
  for (let at = 0; at < 300; at += 1) {
    hub.tell({ name: "vault.logged_in", severity: "info", at, subject: "auth/approle", line: `${at}`, fields: {} });
  }
  await Promise.resolve();
  hub.end();
  const heard = [];
  for await (const event of events) {
    heard.push(event.at.getTime());
  }
  expect(heard).toEqual(Array.from({ length: 256 }, (_, at) => at + 44));
});

test("a logger that throws costs neither events nor the close", async () => {
  const before = process.listeners("uncaughtException");
  let thrown = 0;
  process.removeAllListeners("uncaughtException").on("uncaughtException", () => (thrown += 1));
  const throws = (): never => {
    throw new Error("planted");
  };
  const vault = fromVault({ ...(await ownLogin()), logger: { debug: throws, warn: throws } });
  const events = vault.events();
  await vault();
  await vault.close();
  const names = [];
  for await (const event of events) {
    names.push(event.name);
  }
  expect(names).toContain("credentials.issued");
  await until("the logger has thrown", () => thrown >= names.length);
  process.removeAllListeners("uncaughtException");
  before.forEach((listener) => process.on("uncaughtException", listener));
});

test("an iterator that is left is forgotten", async () => {
  await using vault = fromVault(await ownLogin());
  const left = vault.events();
  await left.return?.();
  await expect(left.next()).resolves.toMatchObject({ done: true });
});
