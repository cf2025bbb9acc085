import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";
import { inspect } from "node:util";

import { LeasekeyError } from "../../ts/errors.ts";
import { healing } from "../../ts/healing.ts";
import type { VaultIdentity } from "../../ts/identity.ts";
import type { NativeProvider } from "../../ts/native.ts";
import { made, type VaultCredentials } from "../../ts/provider.ts";
import type { MakeProvider } from "../../ts/state.ts";
import { type Call, type Count, counts, type Expect, type Poll, type Scenario, span, type Step } from "./file.ts";

/** The scripted world of the native side. */
interface Stage {
  provider: MakeProvider;
  wait(milliseconds: number): void;
  finish(provider: NativeProvider): void;
  settle(): void;
  passed(): number;
  wall(): number;
  happen(json: string): void;
  asked(what: string): number;
  issued(): number;
}

// In the scripted Vault's keys and secrets.
const KEY = "ASIASCRIPTED";
const CANARY = "c4nary-5f0c1e";

const native = createRequire(import.meta.url)(process.env["LEASEKEY_NODE_STAGE"] ?? "no stage") as {
  Stage: new () => Stage;
};

/** Carries a scenario out through what JavaScript programs call. */
export class Runner {
  readonly #stage: Stage = new native.Stage();
  readonly #events = new Map<string, number>();
  readonly #vault: VaultCredentials;
  #native: NativeProvider | undefined;

  constructor(scenario: Scenario) {
    if (scenario.tokens !== undefined) {
      this.#stage.happen(JSON.stringify({ tokens: scenario.tokens }));
    }
    const init = {
      address: "https://vault.example:8200",
      role: "orders",
      roleId: "role-id",
      secretId: `${CANARY}-secret-id`,
      deadline: scenario.deadline,
      ...scenario.settings,
    };
    const make: MakeProvider = (...all) => (this.#native = this.#stage.provider(...all));
    this.#vault = made(init as Parameters<typeof made>[0], make);
    this.#vault.on("event", (event) => {
      isClean(event);
      this.#events.set(event.name, (this.#events.get(event.name) ?? 0) + 1);
    });
  }

  async step(step: Step): Promise<void> {
    if (step === "close") {
      await this.#all([this.#vault.close()]);
    } else if (typeof step === "string") {
      this.#stage.happen(JSON.stringify(step));
    } else if ("get" in step) {
      await this.#call(step.get, (signal) => this.#get(step.get, signal));
    } else if ("refresh" in step) {
      await this.#call(step.refresh, (abortSignal) => this.#vault.refresh({ abortSignal }));
    } else if ("poll" in step) {
      await this.#poll(step.poll);
    } else if ("wait" in step) {
      this.#stage.wait(span(step.wait));
    } else if ("aws_refuses" in step) {
      await this.#refuses(step.aws_refuses);
    } else if ("expect" in step) {
      await this.#expect(step.expect);
    } else {
      this.#stage.happen(JSON.stringify(step));
    }
    await this.#hear();
  }

  #get(call: Call, abortSignal: AbortSignal | undefined): Promise<VaultIdentity> {
    if (call.valid_for !== undefined) {
      return this.#vault.validFor(span(call.valid_for), { abortSignal });
    }
    return abortSignal === undefined ? this.#vault() : this.#vault({ abortSignal });
  }

  async #call(call: Call, ask: (signal: AbortSignal | undefined) => Promise<VaultIdentity>): Promise<void> {
    const began = this.#stage.passed();
    const controller = call.cancelled_after === undefined ? undefined : new AbortController();
    if (controller !== undefined) {
      setMaxListeners(0, controller.signal);
    }
    const callers = Array.from({ length: call.callers ?? 1 }, () => ask(controller?.signal));
    if (controller !== undefined) {
      const ended = Promise.allSettled(callers);
      await turn();
      this.#stage.wait(span(call.cancelled_after as string));
      controller.abort();
      await ended;
      return;
    }
    for (const answer of await this.#all(callers)) {
      this.#judge(call, answer);
    }
    this.#took(began, call.takes_at_most);
  }

  #judge(call: Call, answer: PromiseSettledResult<VaultIdentity>): void {
    isClean(answer.status === "rejected" ? answer.reason : answer.value);
    if (answer.status === "fulfilled") {
      check(call.error === undefined, `got key ${number(answer.value)}, not an error`);
      this.#judgeSet(call, answer.value);
      return;
    }
    const error = answer.reason as unknown;
    check(error instanceof LeasekeyError, `got ${inspect(error)}`);
    check(call.error?.includes(error.code) === true, `got ${error.message}`);
    for (const says of call.says ?? []) {
      check(error.message.includes(says), `the error says nothing of ${says}: ${error.message}`);
    }
  }

  #judgeSet(call: Call, identity: VaultIdentity): void {
    counted("the key", call.key, number(identity));
    const ahead = identity.expiration.getTime() - this.#stage.wall();
    check(ahead > 0, "the set is dead");
    const [least, most] = call.expires_in?.map(span) ?? [0, Number.POSITIVE_INFINITY];
    // JavaScript counts whole milliseconds.
    check(ahead >= (least as number) - 1 && ahead <= (most as number) + 1, `the set expires in ${ahead} ms`);
  }

  async #poll(poll: Poll): Promise<void> {
    const began = this.#stage.passed();
    let errors = 0;
    while (this.#stage.passed() - began < span(poll.for)) {
      const asked = this.#stage.passed();
      const [answer] = await this.#all([this.#vault()]);
      if (answer?.status === "rejected") {
        errors += 1;
        isClean(answer.reason);
        const { code, message } = answer.reason as LeasekeyError;
        check(poll.codes?.includes(code) === true, `after ${asked - began} ms: ${message}`);
      } else if (answer !== undefined) {
        this.#judgeSet({}, answer.value);
      }
      this.#took(asked, poll.takes_at_most);
      await this.#hear();
      this.#stage.wait(span(poll.every));
    }
    counted("the number of errors", poll.errors ?? 0, errors);
  }

  /** A call of a client that heals. */
  async #refuses({ key, code, region = "eu-central-1" }: { key: number; code: string; region?: string }): Promise<void> {
    const signed = `${KEY}${String(key).padStart(8, "0")}`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${signed}/20260101/${region}/s3/aws4_request, SignedHeaders=host`;
    type Handler = (args: object) => Promise<unknown>;
    const added: ((next: Handler, context: object) => Handler)[] = [];
    healing({ middlewareStack: { add: (middleware: (typeof added)[0]) => added.push(middleware) } }, this.#vault);
    const [heal, look] = added;
    const refused = Object.assign(new Error(code), { name: code });
    const context = {};
    const send = look?.(() => Promise.reject(refused), context) as Handler;
    const called = heal?.(() => send({ request: { headers: { authorization } } }), context)({ input: {} });
    await called?.catch((error: unknown) => check(error === refused, inspect(error)));
  }

  async #expect(expect: Expect): Promise<void> {
    await this.#hear();
    for (const [what, count] of Object.entries(expect.asked ?? {})) {
      counted(`requests of ${what}`, count, this.#stage.asked(what));
    }
    counted("issued sets", expect.issued, this.#stage.issued());
    for (const [name, count] of Object.entries(expect.events ?? {})) {
      counted(name, count, this.#events.get(name) ?? 0);
    }
    for (const [name, count] of Object.entries(expect.stats ?? {})) {
      counted(name, count, (this.#vault.stats as unknown as Record<string, number>)[name] as number);
    }
    const { phase } = this.#vault;
    check(expect.phase === undefined || expect.phase === phase, `the phase is ${phase}, not ${expect.phase}`);
    isClean(this.#vault);
    isClean(this.#vault.lease);
  }

  /** Lets time pass until all these have ended. */
  async #all<T>(calls: Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    const ended = Promise.allSettled(calls);
    await turn();
    this.#stage.finish(this.#native as NativeProvider);
    return ended;
  }

  /** All events of what has happened. */
  async #hear(): Promise<void> {
    this.#stage.settle();
    await turn();
  }

  #took(began: number, most: string | undefined): void {
    const took = this.#stage.passed() - began;
    check(most === undefined || took <= span(most), `it took ${took} ms`);
  }
}

/** One turn of the event loop, and what was to be called in it. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** The n of the n-th issue, which the scripted Vault writes into the key. */
function number(identity: VaultIdentity): number {
  check(identity.accessKeyId.startsWith(KEY), `${identity.accessKeyId} is no key of the scripted Vault`);
  check(identity.secretAccessKey.includes(CANARY), "the secret is not the scripted Vault's");
  return Number(identity.accessKeyId.slice(KEY.length));
}

function counted(what: string, expected: Count | undefined, got: number): void {
  check(counts(expected, got), `${what}: expected ${JSON.stringify(expected)}, got ${got}`);
}

function isClean(shown: unknown): void {
  const text = `${inspect(shown, { depth: 10, showHidden: true })} ${String(shown)} ${JSON.stringify(shown)}`;
  check(!text.includes(CANARY), `a secret is shown: ${text}`);
}

function check(holds: boolean, why: string): asserts holds {
  if (!holds) {
    throw new Error(why);
  }
}
