import { inspect } from "node:util";

import type { Listened, Listener, VaultEvent } from "./events.ts";
import type { VaultIdentity } from "./identity.ts";
import type { NativeLease } from "./native.ts";
import { withinShare } from "./lifecycle.ts";
import { type Duration, type FromVaultInit, type Logger, loggerOf, milliseconds, settingsOf } from "./options.ts";
import type { Kind } from "./schema.ts";
import { type CallOptions, type MakeProvider, signalOf, State } from "./state.ts";

/** What the SDK hands to a provider when it asks, and what others may. */
export interface IdentityProperties extends CallOptions {
  /** The configuration of the client that asks, of which Region and logger are used. */
  callerClientConfig?: { region?: string | (() => Promise<string>); logger?: Partial<Logger> } | undefined;
  /** Asks for a newer set than the one in hand. */
  forceRefresh?: boolean | undefined;
}

/** The lease in hand, without its secrets. */
export interface Lease {
  readonly kind: Kind;
  /** Counts the sets of one provider, from 1. */
  readonly generation: number;
  /** The id of the access key, which CloudTrail shows. */
  readonly accessKeyId: string;
  readonly arn?: string;
  readonly accountId?: string;
  /** The role session's name, which CloudTrail shows. */
  readonly sessionName?: string;
  /** The id of the lease in Vault; none where Vault keeps none. */
  readonly leaseId?: string;
  /** The `request.id` of Vault's audit log. */
  readonly vaultRequestId: string;
  readonly vaultEntityId?: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What was done so far; providers with the same settings share a lease and its counts. */
export interface Stats {
  /** Sets that Vault issued and that served. */
  readonly issues: number;
  /** Logins that succeeded. */
  readonly logins: number;
  /** Renewals of leases and tokens. */
  readonly renewals: number;
  /** Leases given back one by one. */
  readonly revocations: number;
  /** Attempts that failed, logins among them. */
  readonly failures: number;
  /** Sets that AWS refused as if they were dead, so that a new one was asked for at once. */
  readonly heals: number;
}

/** How a lease is. */
export type Phase = "empty" | "failed" | "fresh" | "due" | "verifying" | "degraded" | "urgent" | "denied" | "expired" | "suspect" | "inherited" | "closed";

/**
 * A provider of AWS credentials, for the `credentials` of any client of the AWS SDK v3 and for chains.
 *
 * Nothing is asked before its first use. From then on sets are replaced in the background after 40 to 60 % of their
 * life, and while one lives no caller waits for Vault: the SDK's own cache is switched off.
 */
export interface VaultCredentials {
  /**
   * The set in hand, a new object for each caller; the first one as soon as it is there.
   *
   * @throws {LeasekeyError} that of the first attempt; `LK-0123` after the deadline; `LK-0117` when the last set is dead;
   * `LK-0118` after a close; `LK-0101`, after which a chain goes on, where Vault is not configured.
   */
  (properties?: IdentityProperties): Promise<VaultIdentity>;

  /**
   * A set that lives for at least `span` from now, such as for a presigned address; a new one is asked for if need be.
   *
   * @throws {LeasekeyError} `LK-0108` if no set lives that long, and as a call.
   */
  validFor(span: Duration, options?: CallOptions): Promise<VaultIdentity>;

  /**
   * A newer set than the one in hand, which serves until it is there.
   *
   * @throws {LeasekeyError} as a call; the set in hand is kept. `LK-0125` if the same set came again.
   */
  refresh(options?: CallOptions): Promise<VaultIdentity>;

  /** What was done so far. */
  readonly stats: Stats;

  /** The lease in hand; undefined before the first and after the last. */
  readonly lease: Lease | undefined;

  /** How the lease is. */
  readonly phase: Phase;

  /** Calls `listener` for these events from now on. Listening keeps no program from ending. */
  on(event: Listened, listener: Listener): this;

  /** The same, for the next one only. */
  once(event: Listened, listener: Listener): this;

  /** Calls `listener` no more. */
  off(event: Listened, listener: Listener): this;

  /** The events from now on, to the close; a slow reader loses the oldest of more than 256. */
  events(): AsyncIterableIterator<VaultEvent>;

  /**
   * Ends this provider within 2 s: with the last provider of a login, the token that Leasekey logged in for is revoked,
   * and every lease under it. A temporary set in hand stays valid at AWS until its end. A program that is done closes
   * its providers by itself.
   *
   * @throws {LeasekeyError} `LK-0118` if it was closed before.
   */
  close(): Promise<void>;

  /** Closes it, unless it is closed. */
  [Symbol.asyncDispose](): Promise<void>;

  /** Tells the SDK that this needs no cache. */
  readonly memoized: true;
}

/**
 * A provider of AWS credentials that are leased from Vault or OpenBao and kept fresh.
 *
 * @throws {LeasekeyError} `LK-0116` for an option that cannot be, `LK-0112` where the native package is missing. All
 * that the environment decides is told by the first use.
 */
export function fromVault(init: FromVaultInit = {} as FromVaultInit): VaultCredentials {
  return made(init);
}

/** The same with another native half. */
export function made(init: FromVaultInit, make?: MakeProvider): VaultCredentials {
  const settings = settingsOf(init);
  const deadline = init.deadline === undefined ? undefined : milliseconds("deadline", init.deadline);
  const state = new State(settings, deadline, make);
  state.logger = loggerOf(init);
  const provider = ((properties?: IdentityProperties) => {
    const quick = properties?.forceRefresh !== true && properties?.abortSignal === undefined;
    const identity = quick ? state.identity() : undefined;
    return identity === undefined ? waited(state, properties) : Promise.resolve(identity);
  }) as VaultCredentials;
  return Object.defineProperties(provider, members(state, provider));
}

/** Whether a call that AWS refused is to be made once more. */
export type Refused = (authorization: string, code: string) => boolean;

/** Where a provider has it: found by every copy of the package in the process. */
export const REFUSED: unique symbol = Symbol.for("leasekey.refused") as never;

async function waited(state: State, properties?: IdentityProperties): Promise<VaultIdentity> {
  const signal = signalOf(properties);
  if (!state.isOpen) {
    const client = properties?.callerClientConfig;
    state.logger ??= client?.logger;
    const region = regionOf(client?.region);
    state.open(region === undefined ? undefined : await withinShare(region, state.deadline, signal));
  }
  return state.ask(properties?.forceRefresh === true ? "Refresh" : "Get", undefined, properties);
}

// A client without a Region fails by itself, if it needs one.
async function regionOf(region?: string | (() => Promise<string>)): Promise<string | undefined> {
  try {
    return typeof region === "function" ? await region() : region;
  } catch {
    return undefined;
  }
}

function members(state: State, provider: VaultCredentials): PropertyDescriptorMap {
  const listening = (add: (listened: Listened, listener: Listener) => void) => (listened: Listened, listener: Listener) => {
    state.listen();
    add(listened, listener);
    return provider;
  };
  const values = {
    name: "fromVault",
    memoized: true,
    validFor: async (span: Duration, options?: CallOptions) =>
      state.ask("ValidFor", milliseconds("span", span), options),
    refresh: async (options?: CallOptions) => state.ask("Refresh", undefined, options),
    on: listening((listened, listener) => state.hub.on(listened, listener)),
    once: listening((listened, listener) => state.hub.once(listened, listener)),
    off: (listened: Listened, listener: Listener) => (state.hub.off(listened, listener), provider),
    events: () => (state.listen(), state.hub.iterate()),
    close: () => state.close(),
    [asyncDispose]: () => state.dispose(),
    [inspect.custom]: () => summary(state),
    [REFUSED]: ((authorization, code) => state.refused(authorization, code)) satisfies Refused,
  };
  const getters = {
    stats: () => ({ ...state.native.stats }),
    lease: () => lease(state.native.lease),
    phase: () => (state.isClosed ? "closed" : state.native.phase),
  };
  // Writable, because the SDK sets `memoized`, as a strict module in bundles.
  const described = Reflect.ownKeys(values).map((key) => [key, { value: values[key as keyof typeof values], writable: true }]);
  const got = Object.entries(getters).map(([key, get]) => [key, { get }]);
  return Object.fromEntries([...described, ...got]) as PropertyDescriptorMap;
}

// Older releases of Node 20 have it not.
const asyncDispose: typeof Symbol.asyncDispose = (Symbol.asyncDispose ??
  Symbol.for("nodejs.asyncDispose")) as typeof Symbol.asyncDispose;

function lease(told: NativeLease | null): Lease | undefined {
  if (told === null) {
    return undefined;
  }
  return { ...told, kind: told.kind as Kind, issuedAt: new Date(told.issuedAt), expiresAt: new Date(told.expiresAt) };
}

/** What `console.log` shows. */
function summary(state: State): object {
  const shown = { role: state.role, phase: state.isClosed ? "closed" : state.native.phase, lease: lease(state.native.lease) };
  return Object.defineProperty(shown, Symbol.toStringTag, { value: "VaultCredentials" });
}
