import { EventEmitter } from "node:events";

import { invalidSetting } from "./errors.ts";
import { camelCase } from "./names.ts";
import type { NativeEvent } from "./native.ts";
import { notAllowed } from "./options.ts";
import { type EventName, EVENTS } from "./schema.ts";

/** Something that happened to a lease or its login; never a secret. */
export interface VaultEvent {
  /** What happened: `"credentials.issued"`. */
  readonly name: EventName;
  /** How much it matters. */
  readonly severity: "info" | "warning" | "critical";
  /** When. */
  readonly at: Date;
  /** What it happened to: `"aws/creds/orders"`, `"auth/approle"`, a node's address. */
  readonly subject: string;
  /** What else is known of it: `accessKeyId`, `code`, `reason`, `vaultRequestId` and others. */
  readonly fields: Readonly<Record<string, string>>;
  /** All of it in one line. */
  toString(): string;
}

/** What can be listened to: an event by its name, `"rotated"` for a new set that serves, `"event"` for all. */
export type Listened = EventName | "event" | "rotated";

/** Takes events. */
export type Listener = (event: VaultEvent) => void;

// As many as the library holds for a slow listener.
const WAITING = 256;

/** Hands events to those who listen. */
export class Hub {
  readonly #emitter: EventEmitter = new EventEmitter({ captureRejections: false }).setMaxListeners(0);

  on(listened: Listened, listener: Listener): void {
    this.#emitter.on(name(listened), checked(listener));
  }

  once(listened: Listened, listener: Listener): void {
    this.#emitter.once(name(listened), checked(listener));
  }

  off(listened: Listened, listener: Listener): void {
    this.#emitter.off(name(listened), checked(listener));
  }

  tell(told: NativeEvent): void {
    const event = fromNative(told);
    for (const listened of ["event", event.name]) {
      // Apart from each other: a listener that throws costs the others nothing.
      for (const listener of this.#emitter.rawListeners(listened)) {
        queueMicrotask(() => (listener as Listener)(event));
      }
    }
  }

  /** Ends all iterators. */
  end(): void {
    this.#emitter.emit(END);
  }

  /** The events from now on; a slow reader loses the oldest. */
  iterate(): AsyncIterableIterator<VaultEvent> {
    const events: VaultEvent[] = [];
    let ended = false;
    const readers: (() => void)[] = [];
    const wake = (): void => readers.splice(0).forEach((ready) => ready());
    const listener = (event: VaultEvent): void => {
      if (events.push(event) > WAITING) {
        events.shift();
      }
      wake();
    };
    const end = (): void => {
      ended = true;
      this.off("event", listener);
      this.#emitter.off(END, end);
      wake();
    };
    this.on("event", listener);
    this.#emitter.on(END, end);
    return {
      next: async () => {
        while (events.length === 0 && !ended) {
          await new Promise<void>((resolve) => readers.push(resolve));
        }
        const value = events.shift();
        return value === undefined ? { value: undefined, done: true } : { value, done: false };
      },
      return: async () => {
        events.length = 0;
        end();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

const END = Symbol("end");

function name(listened: Listened): string {
  if (listened === "event" || EVENTS.includes(listened as EventName)) {
    return listened;
  }
  if (listened === "rotated") {
    return "credentials.swapped";
  }
  throw invalidSetting(`there is no event ${JSON.stringify(listened)}`, `There are event, rotated, ${EVENTS.join(", ")}`);
}

function checked(listener: Listener): Listener {
  if (typeof listener !== "function") {
    throw notAllowed("listener", listener, "a function");
  }
  return listener;
}

function fromNative(told: NativeEvent): VaultEvent {
  const fields = Object.entries(told.fields).map(([field, value]) => [camelCase(field), value]);
  return {
    name: told.name as EventName,
    severity: told.severity as VaultEvent["severity"],
    at: new Date(told.at),
    subject: told.subject,
    fields: Object.fromEntries(fields) as Record<string, string>,
    toString: () => told.line,
  };
}
