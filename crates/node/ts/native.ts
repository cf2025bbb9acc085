import { createRequire } from "node:module";

import { LeasekeyError, native } from "./errors.ts";
import type { NativeIam } from "./iam-native.ts";
import type { NativeSet } from "./identity.ts";

/** What the native side has. */
export interface Native extends NativeIam {
  /** The command line, which `bin/leasekey.js` runs; what comes back is the exit code. */
  runCommandLine(words: string[]): number;
  Provider: new (settings: Record<string, string>, deadline: number | undefined, wake: () => void) => NativeProvider;
}

/** The provider of the native side. */
export interface NativeProvider {
  open(region?: string): void;
  /** A function that looks at the set in hand. */
  reader(): () => number;
  take(): NativeSet | null;
  ask(what: "Get" | "Refresh" | "ValidFor" | "Close", lasts?: number): number;
  giveUp(id: number): void;
  settled(): { id: number; set?: NativeSet; failure?: string }[];
  listen(): void;
  heard(): NativeEvent[];
  refused(authorization: string, code: string): boolean;
  readonly stats: NativeStats;
  readonly lease: NativeLease | null;
  readonly phase: string;
}

/** An event of the native side. */
export interface NativeEvent {
  name: string;
  severity: string;
  at: number;
  subject: string;
  line: string;
  fields: Record<string, string>;
}

/** The counts of the native side. */
export interface NativeStats {
  issues: number;
  logins: number;
  renewals: number;
  revocations: number;
  failures: number;
  heals: number;
}

/** The lease of the native side. */
export interface NativeLease {
  kind: string;
  generation: number;
  accessKeyId: string;
  arn?: string;
  accountId?: string;
  sessionName?: string;
  leaseId?: string;
  vaultRequestId: string;
  vaultEntityId?: string;
  issuedAt: number;
  expiresAt: number;
}

/** What a reader finds: `Reading` of the native side. */
export const NOTHING = 0;
export const ANOTHER = 2;

const OLDEST = 20;

let loaded: Native | undefined;

/** The native side, loaded when it is first needed. */
export function load(): Native {
  loaded ??= native(() => open());
  return loaded;
}

function open(): Native {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < OLDEST) {
    throw unloadable(`Node ${process.versions.node} is older than ${OLDEST}`, `Use Node ${OLDEST} or later`);
  }
  const requireHere = createRequire(import.meta.url);
  try {
    return requireHere("../native.cjs") as Native;
  } catch (error) {
    const name = `leasekey-${platform()}`;
    const why = unloadable(`the native package ${name} cannot be loaded`, `Run: npm install ${name}`);
    why.cause = error;
    throw why;
  }
}

function unloadable(message: string, hint: string): LeasekeyError {
  return new LeasekeyError({ code: "LK-0112", message, hint, retryable: false, causes: [] });
}

/** The platform as the native packages are named: `linux-x64-gnu`. */
function platform(): string {
  const base = `${process.platform}-${process.arch}`;
  return process.platform === "linux" ? `${base}-${isMusl() ? "musl" : "gnu"}` : base;
}

function isMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}
