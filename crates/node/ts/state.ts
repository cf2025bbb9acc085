import { failed, LeasekeyError, native } from "./errors.ts";
import { Hub } from "./events.ts";
import { Identity, type NativeSet } from "./identity.ts";
import { closeAtEnd, hold, release } from "./lifecycle.ts";
import { ANOTHER, load, type NativeProvider, NOTHING } from "./native.ts";
import { type Logger, notAllowed } from "./options.ts";

/** How a call may be given up. */
export interface CallOptions {
  /** Gives the call up; what was asked for goes on in the background. */
  abortSignal?: AbortSignal | undefined;
}

interface Waiter {
  resolve(set: NativeSet | undefined): void;
  reject(error: unknown): void;
}

// Whoever waits for a call keeps its provider, even if nobody else does.
const busy = new Set<State>();

/** What stands behind the function that `fromVault` returns. */
export class State {
  readonly hub: Hub = new Hub();
  readonly role: string | undefined;
  readonly deadline: number | undefined;
  readonly #native: NativeProvider;
  readonly #waiters = new Map<number, Waiter>();
  readonly #forget: () => void;
  #set: NativeSet | undefined;
  // None before the opening and after the close.
  #read: (() => number) | undefined;
  #opened = false;
  #closed = false;
  #end: Promise<unknown> | undefined;
  #listens = false;
  logger: Partial<Logger> | undefined;

  constructor(settings: Record<string, string>, deadline: number | undefined, make?: MakeProvider) {
    this.role = settings["role"];
    this.deadline = deadline;
    const weak = new WeakRef(this);
    // Not this itself: the native side holds on to what it wakes.
    const wake = (): void => weak.deref()?.wake();
    this.#native = native(() => (make ?? makeProvider)(settings, deadline, wake));
    this.#forget = closeAtEnd(this);
  }

  get native(): NativeProvider {
    return this.#native;
  }

  /** A new object of the set in hand; undefined if there is none that serves. */
  identity(): Identity | undefined {
    const reading = this.#read === undefined ? NOTHING : this.#read();
    if (reading === NOTHING) {
      return undefined;
    }
    if (reading === ANOTHER) {
      this.#set = this.#native.take() ?? undefined;
    }
    return this.#set === undefined ? undefined : new Identity(this.#set);
  }

  get isOpen(): boolean {
    return this.#opened;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Reads the environment, unless that was done. */
  open(region?: string): void {
    if (this.#closed) {
      throw closed();
    }
    if (!this.#opened) {
      native(() => this.#native.open(region));
      this.#read = this.#native.reader();
      this.#opened = true;
      this.#hear();
    }
  }

  /** Listens from now on, or from the opening on. */
  listen(): void {
    if (this.#closed) {
      throw closed();
    }
    this.#listens = true;
    this.#hear();
  }

  async ask(what: "Get" | "Refresh" | "ValidFor", lasts?: number, options?: CallOptions): Promise<Identity> {
    const signal = signalOf(options);
    this.open();
    const set = await this.#begin(what, lasts, signal);
    return new Identity(set as NativeSet);
  }

  async close(): Promise<void> {
    if (this.#closed) {
      throw closed();
    }
    this.#closed = true;
    this.#read = undefined;
    this.#set = undefined;
    this.#forget();
    const ended = this.#opened ? this.#begin("Close") : Promise.resolve();
    this.#end = ended.finally(() => {
      this.wake();
      this.hub.end();
    });
    await this.#end;
  }

  /** Closes it, or waits for the close that is under way. */
  async dispose(): Promise<void> {
    await (this.#closed ? this.#end : this.close());
  }

  /** AWS refused a call that was signed as this header tells: whether it is to be made once more. */
  refused(authorization: string, code: string): boolean {
    return this.#native.refused(authorization, code);
  }

  /** Looks for all that is new on the native side. */
  wake(): void {
    for (const { id, set, failure } of this.#native.settled()) {
      const waiter = this.#waiters.get(id);
      if (failure === undefined || failure === null) {
        waiter?.resolve(set);
      } else {
        waiter?.reject(failed(failure));
      }
    }
    for (const event of this.#native.heard()) {
      this.#log(event.severity, event.line);
      this.hub.tell(event);
    }
  }

  #begin(what: "Get" | "Refresh" | "ValidFor" | "Close", lasts?: number, signal?: AbortSignal): Promise<NativeSet | undefined> {
    return new Promise((resolve, reject) => {
      const id = native(() => this.#native.ask(what, lasts));
      const end = (): void => {
        signal?.removeEventListener("abort", giveUp);
        this.#waiters.delete(id);
        if (this.#waiters.size === 0) {
          busy.delete(this);
        }
        release();
      };
      const giveUp = (): void => {
        this.#native.giveUp(id);
        waiter.reject(signal?.reason);
      };
      const waiter: Waiter = {
        resolve: (set) => (end(), resolve(set)),
        reject: (error) => (end(), reject(error)),
      };
      hold();
      busy.add(this);
      this.#waiters.set(id, waiter);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  #hear(): void {
    if (this.#opened && (this.#listens || this.logger !== undefined)) {
      this.#native.listen();
    }
  }

  // A logger that throws costs as little as a listener that does.
  #log(severity: string, line: string): void {
    const { logger } = this;
    queueMicrotask(() => (severity === "info" ? logger?.debug?.(`leasekey: ${line}`) : logger?.warn?.(`leasekey: ${line}`)));
  }
}

/** Makes the native half: another one in the refresh scenarios. */
export type MakeProvider = (
  settings: Record<string, string>,
  deadline: number | undefined,
  wake: () => void,
) => NativeProvider;

const makeProvider: MakeProvider = (settings, deadline, wake) => new (load().Provider)(settings, deadline, wake);

/** The signal by which a call may be given up, unless it was by now. */
export function signalOf(options?: CallOptions): AbortSignal | undefined {
  const signal = options?.abortSignal;
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    throw notAllowed("abortSignal", signal, "the signal of an AbortController");
  }
  signal?.throwIfAborted();
  return signal;
}

function closed(): LeasekeyError {
  const message = "this provider was closed by a call of close()";
  return new LeasekeyError({ code: "LK-0118", message, hint: "Start a new provider", retryable: false, causes: [] });
}
