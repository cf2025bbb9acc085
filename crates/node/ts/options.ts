import { invalidSetting, type LeasekeyError } from "./errors.ts";
import { camelCase, snakeCase } from "./names.ts";
import { ALLOWED, type Form, SETTINGS, type Settings } from "./schema.ts";

type Unit = "ms" | "s" | "m" | "h" | "d";

/** A span of time: with its unit, `"15m"` or `"1h 30m"`, or in milliseconds, `900_000`. */
export type Duration = number | `${number}${Unit}` | `${number}${Unit} ${number}${Unit}`;

/** Where debug lines go; the SDK's own loggers fit. Never credentials. */
export interface Logger {
  debug(...content: unknown[]): void;
  warn(...content: unknown[]): void;
}

type OfEveryKind = Omit<Settings, "kind" | OfSomeKinds>;

type OfSomeKinds = "maxAge" | "maxLease" | "roleArn" | "sessionName" | "ttl";

/** These, and none of the others: an object that was made before is checked, too. */
type Only<Name extends OfSomeKinds> = Pick<Settings, Name> & { [Other in Exclude<OfSomeKinds, Name>]?: undefined };

type OfKind =
  /** Learnt from Vault's reply. */
  | ({ kind?: undefined } & Only<OfSomeKinds>)
  | ({ kind: "assumed_role" | "assumed-role" } & Only<"roleArn" | "sessionName" | "ttl">)
  | ({ kind: "federation_token" | "federation-token" | "session_token" | "session-token" } & Only<"ttl">)
  | ({ kind: "iam_user" | "iam-user" } & Only<"maxAge" | "maxLease">)
  | ({ kind: "static" } & Only<never>);

/**
 * All settings of Leasekey, by their names in camelCase. What is left out comes from the environment, from settings
 * files, or has its default. A lifetime is only taken by the kinds that have one.
 */
export type FromVaultInit = OfEveryKind &
  OfKind & {
    /** How long a caller waits for the first set and for a refresh; 10 s if left out, 30 s for the kind `iam_user`. */
    deadline?: Duration;
    /** Where events are told, beside their listeners; the logger of the first client that asks if left out. */
    logger?: Logger;
  };

const OWN = new Set(["deadline", "logger"]);

/** The settings by the library's keywords, as text. */
export function settingsOf(init: object): Record<string, string> {
  // Of another realm, too, which `instanceof` would not know.
  const form = Object.prototype.toString.call(init).slice("[object ".length, -1);
  if (form !== "Object") {
    throw invalidSetting(`the options are of type ${form}`, "Pass an object of settings");
  }
  const settings = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(init)) {
    if (OWN.has(name) || value === undefined) {
      continue;
    }
    if (isSetting(name)) {
      settings[SETTINGS[name].keyword] = text(name, SETTINGS[name].form, value);
    } else {
      settings[unknown(name)] = "";
    }
  }
  return settings;
}

function isSetting(name: string): name is keyof typeof SETTINGS {
  return Object.hasOwn(SETTINGS, name);
}

/** A keyword that is none, of which the native side knows what is meant. */
function unknown(name: string): string {
  const keyword = snakeCase(name).replace(/^_/, "");
  const meant = camelCase(keyword);
  if (isSetting(meant)) {
    throw invalidSetting(`there is no setting ${JSON.stringify(name)}`, `Did you mean ${meant}? docs/settings.md lists all settings`);
  }
  return keyword;
}

/** The logger among the options. */
export function loggerOf({ logger }: { logger?: Logger }): Logger | undefined {
  if (logger !== undefined && (typeof logger?.debug !== "function" || typeof logger.warn !== "function")) {
    throw notAllowed("logger", logger, "an object with the functions debug and warn");
  }
  return logger;
}

/** The milliseconds of a span. */
export function milliseconds(name: string, value: Duration): number {
  if (typeof value === "number") {
    return amount(name, value);
  }
  const span = text(name, "duration", value);
  if (!/^\s*(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+$/.test(span)) {
    fail(name, "duration", value);
  }
  const parts = [...span.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g)];
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * MILLISECONDS[unit as Unit], 0);
}

const MILLISECONDS: Record<Unit, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function text(name: string, form: Form, value: unknown): string {
  switch (form) {
    case "address":
      return Array.isArray(value) ? value.map((one) => text(name, "text", one)).join(",") : text(name, "text", value);
    case "boolean":
      return typeof value === "boolean" ? String(value) : fail(name, form, value);
    case "duration":
      if (typeof value === "number") {
        return `${amount(name, value)}ms`;
      }
      // The library reads bare digits as seconds, JavaScript means milliseconds: nobody guesses.
      return typeof value === "string" && !/^\s*\d*\s*$/.test(value) ? value : fail(name, form, value);
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= 0 ? String(value) : fail(name, form, value);
    case "text":
      return typeof value === "string" && value !== "" ? value : fail(name, form, value);
  }
}

function amount(name: string, value: number): number {
  return Number.isSafeInteger(value) && value >= 0 ? value : fail(name, "duration", value);
}

function fail(name: string, form: Form, value: unknown): never {
  throw notAllowed(name, value, ALLOWED[form]);
}

/** What is not allowed in this place. */
export function notAllowed(name: string, value: unknown, allowed: string): LeasekeyError {
  return invalidSetting(`${name} is ${describe(value)}`, `Allowed is ${allowed}`);
}

/** Texts are not quoted: they may be secret. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return value === "" ? "empty" : "a text that is none";
  }
  if (typeof value === "number" || value === null) {
    return String(value);
  }
  return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}
