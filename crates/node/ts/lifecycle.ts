// Taken at the start: tests replace the timers, and waiting for Vault is no business of theirs.
const { setTimeout, clearTimeout } = globalThis;

const LONGEST = 2 ** 31 - 1;
const CLOSING_AT_MOST = 2_000;

let waiting = 0;
let timer: NodeJS.Timeout | undefined;

/** Keeps the program from ending while a caller waits; nothing else of ours does. */
export function hold(): void {
  waiting += 1;
  timer ??= setTimeout(() => undefined, LONGEST);
}

/** One caller less waits. */
export function release(): void {
  waiting -= 1;
  if (waiting === 0) {
    clearTimeout(timer);
    timer = undefined;
  }
}

/** What a program that is done closes. */
interface Closable {
  close(): Promise<void>;
}

// What is asked of others before Vault is asked may not use up the caller's time.
const SHARE = 0.5;
const SHARE_AT_MOST = 1_000;

/** What comes within a share of the caller's deadline, 1 s at most; a call that is given up meanwhile fails. */
export function withinShare<T>(promise: Promise<T>, deadline?: number, signal?: AbortSignal): Promise<T | undefined> {
  let timer: NodeJS.Timeout;
  let giveUp: () => void;
  const first = new Promise<T | undefined>((resolve, reject) => {
    timer = setTimeout(() => resolve(undefined), Math.min((deadline ?? Number.POSITIVE_INFINITY) * SHARE, SHARE_AT_MOST));
    giveUp = () => reject(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject);
  });
  // Whichever came first: what is waited for may never come.
  return first.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  });
}

const OPEN = Symbol.for("leasekey.open");

/** One set for all copies of this module in the process: reloading it must not add listeners. */
function open(): Set<WeakRef<Closable>> {
  const holder = process as unknown as { [OPEN]?: Set<WeakRef<Closable>> };
  if (holder[OPEN] === undefined) {
    const all = new Set<WeakRef<Closable>>();
    Object.defineProperty(holder, OPEN, { value: all });
    process.on("beforeExit", () => closeAll(all));
  }
  return holder[OPEN] as Set<WeakRef<Closable>>;
}

/** Closes this at the end of a program that is done, unless it was collected or closed before. */
export function closeAtEnd(closable: Closable): () => void {
  const all = open();
  const reference = new WeakRef(closable);
  all.add(reference);
  gone.register(closable, reference, reference);
  return () => {
    all.delete(reference);
    gone.unregister(reference);
  };
}

const gone = new FinalizationRegistry<WeakRef<Closable>>((reference) => open().delete(reference));

function closeAll(all: Set<WeakRef<Closable>>): void {
  const last = [...all].flatMap((reference) => reference.deref() ?? []);
  all.clear();
  if (last.length === 0) {
    return;
  }
  // The library gives up after 2 s itself; this is for whatever would keep it.
  const limit = setTimeout(() => process.exit(), CLOSING_AT_MOST + 500).unref();
  void Promise.allSettled(last.map((closable) => closable.close())).then(() => clearTimeout(limit));
}
