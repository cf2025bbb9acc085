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
  try {
    return requireHere("../native.cjs") as Native;
  } catch (error) {
    const why = whyNot(error);
    why.cause = error;
    throw why;
  }
}

const requireHere = createRequire(import.meta.url);

/** Why the native package of this platform cannot be loaded: there is none, it is missing, or it does not fit. */
function whyNot(error: unknown): LeasekeyError {
  const { version, optionalDependencies = {} } = requireHere("../package.json") as Manifest;
  const known = Object.keys(optionalDependencies);
  const name = `leasekey-${platform()}`;
  // A checkout names none.
  if (known.length > 0 && !known.includes(name)) {
    return unloadable(`there is no native package for ${platform()}`, `There are ${known.join(", ")}`);
  }
  const reason = refusal(error);
  if (reason !== undefined) {
    const hint = `Correct that, or install the package again: npm install ${name}@${version}`;
    return unloadable(`the native package ${name} cannot be loaded: ${reason}`, hint);
  }
  return unloadable(`the native package ${name} is missing`, `Run: npm install ${name}@${version}`);
}

interface Manifest {
  version: string;
  optionalDependencies?: Record<string, string>;
}

/** What the system says of a library that is there: the loader keeps the texts of all that it tried, and no codes. */
function refusal(error: unknown): string | undefined {
  for (let at = (error as Error).cause; at instanceof Error; at = at.cause) {
    if (!at.message.startsWith("Cannot find module")) {
      return at.message.split("\n", 1)[0];
    }
  }
  return undefined;
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
