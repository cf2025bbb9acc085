import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { fromVault } from "leasekey";
import { describe, expect, test } from "vitest";

import { PACKAGE, run, runModule } from "./support/program.ts";
import { serve } from "./support/server.ts";
import { liveTokens, ownLogin, ROLE } from "./support/stack.ts";

/** A folder with these files, in which the package can be found by its name. */
async function projectOf(files: Record<string, string>): Promise<AsyncDisposable & { folder: string }> {
  const folder = mkdtempSync(join(PACKAGE, "test/.project-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(PACKAGE, join(folder, "node_modules/leasekey"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  return { folder, [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }) };
}

describe("a program that is done", () => {
  test("row_49_a_program_that_is_done_ends_by_itself_within_100_ms", async () => {
    const ended = await runModule(`
      import { fromVault } from "leasekey";
      const vault = fromVault({ role: "${ROLE}" });
      vault.on("event", () => {});
      void vault.events().next();
      await vault();
      const done = performance.now();
      process.on("exit", () => console.log(performance.now() - done));`);
    expect([ended.code, ended.signal, ended.err]).toEqual([0, null, ""]);
    expect(Number(ended.out)).toBeLessThan(100);
  });

  test("row_49_a_program_that_is_done_gives_its_login_back", async () => {
    const login = await ownLogin();
    const ended = await runModule(
      `import { fromVault } from "leasekey";
       await fromVault(JSON.parse(process.env.LOGIN))();`,
      { env: { LOGIN: JSON.stringify(login) } },
    );
    expect([ended.code, ended.err]).toEqual([0, ""]);
    expect(await liveTokens(login)).toBe(0);
    const vault = fromVault(login);
    await vault();
    expect(await liveTokens(login), "what finds nothing would find one").toBe(1);
    await vault.close();
  });

  test("row_49_a_program_waits_for_whoever_waits_though_nothing_else_keeps_it", async () => {
    await using silent = await serve(() => undefined);
    const ended = await runModule(`
      import { fromVault } from "leasekey";
      await fromVault({ role: "r", roleId: "a", secretId: "b", address: "${silent.url}", deadline: 400 })()
        .catch((error) => console.log(error.code));`);
    expect([ended.code, ended.out]).toEqual([0, "LK-0123\n"]);
  });
});

describe("an end in the middle of a refresh", () => {
  test("row_50_process_exit_keeps_the_exit_code_whenever_it_comes", async () => {
    for (let moment = 0; moment < 24; moment += 1) {
      const ended = await runModule(`
        import { fromVault } from "leasekey";
        const vault = fromVault({ role: "${ROLE}" });
        vault.on("event", () => {});
        void vault().then(() => vault.refresh());
        setTimeout(() => process.exit(7), ${moment * 3});`);
      expect([ended.code, ended.signal, ended.err]).toEqual([7, null, ""]);
    }
  });

  test("row_50_worker_terminate_ends_the_worker_alone_whenever_it_comes", async () => {
    const ended = await runModule(`
      import { isMainThread, Worker } from "node:worker_threads";
      import { fromVault } from "leasekey";
      if (isMainThread) {
        for (let moment = 0; moment < 40; moment += 1) {
          const worker = new Worker(new URL(import.meta.url));
          await new Promise((resolve) => worker.once("online", resolve));
          await new Promise((resolve) => setTimeout(resolve, moment * 2));
          const code = await worker.terminate();
          if (code !== 1 && code !== 0) throw new Error("code " + code);
        }
        const vault = fromVault({ role: "${ROLE}" });
        console.log((await vault()).accessKeyId.slice(0, 4));
      } else {
        const vault = fromVault({ role: "${ROLE}" });
        vault.on("event", () => {});
        await vault();
        for (;;) await vault.refresh().catch(() => new Promise((resolve) => setTimeout(resolve, 1)));
      }`);
    expect([ended.code, ended.signal, ended.err, ended.out]).toEqual([0, null, "", "ASIA\n"]);
  });
});

describe("worker threads", () => {
  test("16 with the same settings are one lease, and the last may unload nothing", async () => {
    const login = await ownLogin();
    const text = `
      import { isMainThread, parentPort, Worker } from "node:worker_threads";
      if (isMainThread) {
        const workers = Array.from({ length: 16 }, () => new Worker(new URL(import.meta.url)));
        const said = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
          worker.once("message", resolve).once("error", reject);
        })));
        const ended = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
        workers.forEach((worker) => worker.postMessage("end"));
        await Promise.all(ended);
        // What runs in the background has its code still.
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log(JSON.stringify([[...new Set(said.map((one) => one.key))].length, Math.max(...said.map((one) => one.issues))]));
      } else {
        const { fromVault } = await import("leasekey");
        const vault = fromVault(JSON.parse(process.env.LOGIN));
        const { accessKeyId } = await vault();
        parentPort.postMessage({ key: accessKeyId, issues: vault.stats.issues });
        await new Promise((resolve) => parentPort.once("message", resolve));
      }`;
    const ended = await runModule(text, { env: { LOGIN: JSON.stringify(login) } });
    expect([ended.code, ended.signal, ended.err, ended.out]).toEqual([0, null, "", "[1,1]\n"]);
  });
});

test("a rotation is seen by the next call, though the event loop has not turned since", async () => {
  const login = await ownLogin();
  const text = `
    import { isMainThread, Worker, workerData } from "node:worker_threads";
    import { fromVault } from "leasekey";
    const vault = fromVault(JSON.parse(process.env.LOGIN));
    if (isMainThread) {
      const { accessKeyId } = await vault();
      const rotated = new Int32Array(new SharedArrayBuffer(4));
      new Worker(new URL(import.meta.url), { workerData: rotated });
      Atomics.wait(rotated, 0, 0);
      console.log((await vault()).accessKeyId !== accessKeyId);
    } else {
      await vault();
      await vault.refresh();
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    }`;
  const ended = await runModule(text, { env: { LOGIN: JSON.stringify(login) } });
  expect([ended.code, ended.err, ended.out]).toEqual([0, "", "true\n"]);
});

describe("modules that are loaded again and again", () => {
  test("share one lease and one listener", async () => {
    const login = await ownLogin();
    const ended = await runModule(
      `import { createRequire } from "node:module";
       const require = createRequire(import.meta.url);
       process.on("warning", (warning) => console.error(String(warning)));
       const keys = new Set();
       for (let times = 0; times < 20; times += 1) {
         for (const name of Object.keys(require.cache)) delete require.cache[name];
         keys.add((await require("leasekey").fromVault(JSON.parse(process.env.LOGIN))()).accessKeyId);
       }
       console.log(keys.size, process.listenerCount("beforeExit"));`,
      { env: { LOGIN: JSON.stringify(login) } },
    );
    expect([ended.code, ended.err, ended.out]).toEqual([0, "", "1 1\n"]);
  });

  test("work within Jest", async () => {
    await using project = await projectOf({
      "package.json": '{ "jest": { "testEnvironment": "node" } }',
      "vault.test.js": `
        const { fromVault, LeasekeyError } = require("leasekey");
        test("leases", async () => {
          const vault = fromVault({ role: "${ROLE}" });
          expect((await vault()).accessKeyId).toMatch(/^ASIA/);
          await expect(vault.validFor("20m")).rejects.toBeInstanceOf(LeasekeyError);
          await vault.close();
        });
        test("leases after a reset of the modules", async () => {
          jest.resetModules();
          const vault = require("leasekey").fromVault({ role: "${ROLE}" });
          expect((await vault()).accessKeyId).toMatch(/^ASIA/);
          await vault.close();
        });`,
    });
    const jest = join(PACKAGE, "node_modules/jest/bin/jest.js");
    const words = [jest, "--rootDir", project.folder, "--no-cache"];
    const ended = await run(process.execPath, words, { NODE_PATH: "" }, project.folder);
    expect(ended.code, ended.err).toBe(0);
    expect(ended.err).toContain("Tests:       2 passed");
    expect(ended.err).not.toContain("did not exit");
  });

  test.each(["forks", "threads", "vmThreads"])("work within vitest, in its pool of %s", async (pool) => {
    await using project = await projectOf({
      "package.json": '{ "type": "module" }',
      "vitest.config.js": "export default {};",
      "vault.test.js": `
        import { fromVault, LeasekeyError } from "leasekey";
        import { expect, test, vi } from "vitest";
        test("leases", async () => {
          const vault = fromVault({ role: "${ROLE}" });
          expect((await vault()).accessKeyId).toMatch(/^ASIA/);
          await expect(vault.validFor("20m")).rejects.toBeInstanceOf(LeasekeyError);
          await vault.close();
        });
        test("leases by timers that stand still, after a reset of the modules", async () => {
          vi.useFakeTimers();
          vi.resetModules();
          const vault = (await import("leasekey")).fromVault({ role: "${ROLE}" });
          expect((await vault()).accessKeyId).toMatch(/^ASIA/);
          await vault.close();
        });`,
    });
    const vitest = join(PACKAGE, "node_modules/vitest/vitest.mjs");
    const words = [vitest, "run", "--root", project.folder, "--pool", pool];
    const ended = await run(process.execPath, words, { NO_COLOR: "1" }, project.folder);
    expect(ended.code, ended.out + ended.err).toBe(0);
    expect(ended.out).toMatch(/Tests +2 passed/);
  });
});

test("a provider that nobody has any more is collected", async () => {
  const ended = await runModule(
    `import { fromVault } from "leasekey";
     const weak = [];
     for (let times = 0; times < 50; times += 1) {
       const vault = fromVault({ role: "${ROLE}" });
       await vault();
       vault.on("event", () => {});
       weak.push(new WeakRef(vault));
     }
     for (let times = 0; times < 20; times += 1) {
       await new Promise((resolve) => setTimeout(resolve, 20));
       globalThis.gc();
     }
     console.log(weak.filter((one) => one.deref() !== undefined).length <= 1);`,
    { args: ["--expose-gc"] },
  );
  expect([ended.code, ended.out]).toEqual([0, "true\n"]);
});

test("a promise that is all that is left of a provider is settled", async () => {
  await using silent = await serve(() => undefined);
  const settings = { role: "r", roleId: "a", secretId: "b", address: silent.url, deadline: 300 };
  await expect(fromVault(settings)()).rejects.toMatchObject({ code: "LK-0123" });
});
