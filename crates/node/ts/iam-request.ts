import { describe } from "./options.ts";
import { LeasekeyError } from "./errors.ts";

/**
 * Who asks: the ARN of a user, a role, a session or the root user; nobody known; a service by its name; or somebody whom
 * an identity provider vouches for, by its name or its ARN.
 */
export type Principal = string | { anonymous: true } | { service: string } | { federated: string };

/** The kind of session that signs a request, where it limits what may be asked at all. */
export type SessionKind = "role" | "federation" | "session_token" | "none";

type Value = string | number | boolean;

/** Condition keys, each with a value or several. */
export type Context = Readonly<Record<string, Value | readonly Value[]>>;

/**
 * A request to decide: who, what, on which resources, in which context.
 *
 * Keys of the context that are not given are absent, unless `partialContext` is true. Only `aws:PrincipalArn` is filled
 * in, from the principal, where it is not given.
 */
export interface Request {
  /** Who asks. */
  readonly principal: Principal;
  /** One action of one service, `"s3:GetObject"`. */
  readonly action: string;
  /** An ARN; `"*"` for actions that have none; several must all be allowed. */
  readonly resource: string | readonly string[];
  /** The condition keys. */
  readonly context?: Context | undefined;
  /** The account that owns the resources; left out, that of each ARN, and the caller's own where an ARN has none. */
  readonly resourceAccount?: string | undefined;
  /** Whether the organisation's management account is meant, which neither SCPs nor RCPs limit. */
  readonly managementAccount?: boolean | undefined;
  /** The kind of session; left out, what the ARN tells. */
  readonly sessionKind?: SessionKind | undefined;
  /** Whether the session was made with a second factor. */
  readonly mfa?: boolean | undefined;
  /** Whether keys that are not given are unknown, and not absent. */
  readonly partialContext?: boolean | undefined;
}

/** A request as the native side takes it: as JSON, because each value of an object costs a call there. */
interface Asked {
  principal: string;
  form?: string;
  action: string;
  resources: string[];
  context?: string[][];
  facts?: Facts;
}

interface Facts {
  resourceAccount?: string;
  managementAccount?: boolean;
  sessionKind?: string;
  mfa?: boolean;
  partialContext?: boolean;
}

/** Reads a request. What is misspelt is refused: a key that is passed over could turn the answer. */
export function asked(request: Request): string {
  if (typeof request !== "object" || request === null) {
    throw wrongType("the request", request, "an object of principal, action and resource");
  }
  const told: Asked = { principal: "", action: text("action", request.action), resources: texts("resource", request.resource, text) };
  who(told, request.principal);
  for (const name in request) {
    const value: unknown = request[name as keyof Request];
    if (value !== undefined) {
      fact(told, name, value);
    }
  }
  return JSON.stringify(told);
}

function fact(told: Asked, name: string, value: unknown): void {
  switch (name) {
    case "principal":
    case "action":
    case "resource":
      break;
    case "context":
      told.context = context(value);
      break;
    case "resourceAccount":
    case "sessionKind":
      (told.facts ??= {})[name] = text(name, value);
      break;
    case "managementAccount":
    case "mfa":
    case "partialContext":
      (told.facts ??= {})[name] = flag(name, value);
      break;
    default:
      throw refused(`a request has no ${JSON.stringify(name)}`, "Correct the name: what is passed over could turn the answer");
  }
}

const FORMS = "an ARN, or one of { anonymous: true }, { service } and { federated }";

function who(told: Asked, principal: unknown): void {
  if (typeof principal === "string") {
    told.principal = principal;
    return;
  }
  const members = typeof principal === "object" && principal !== null ? Object.entries(principal) : [];
  const [form, name] = members[0] ?? [];
  if (members.length !== 1 || !(form === "anonymous" ? name === true : form === "service" || form === "federated")) {
    throw wrongType("principal", principal, FORMS);
  }
  told.form = form as string;
  told.principal = form === "anonymous" ? "" : text(form as string, name);
}

function context(given: unknown): string[][] {
  if (!isPlain(given)) {
    throw wrongType("context", given, "a plain object of condition keys and their values");
  }
  const keys: string[][] = [];
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) {
      keys.push([key, ...texts(key, value, scalar)]);
    }
  }
  return keys;
}

/** Whether all that an object has are members of its own: those of a Map or a class would be passed over. */
function isPlain(given: unknown): given is object {
  if (typeof given !== "object" || given === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(given));
}

/** One value, or the values of a list. */
function texts(name: string, value: unknown, read: (name: string, value: unknown) => string): string[] {
  return Array.isArray(value) ? value.map((one) => read(name, one)) : [read(name, value)];
}

function text(name: string, value: unknown): string {
  return typeof value === "string" ? value : fail(name, value, "a text");
}

/** The value of a condition key: a text, or what JSON writes without quotes. */
function scalar(key: string, value: unknown): string {
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? String(value) : fail(`context[${JSON.stringify(key)}]`, value, "a text, a number, true or false");
}

function flag(name: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : fail(name, value, "true or false");
}

function fail(name: string, value: unknown, allowed: string): never {
  throw wrongType(name, value, allowed);
}

function wrongType(name: string, value: unknown, allowed: string): LeasekeyError {
  return refused(`${name} is ${describe(value)}`, `Allowed is ${allowed}`);
}

function refused(message: string, hint: string): LeasekeyError {
  return new LeasekeyError({ code: "LK-0202", message, hint, retryable: false, causes: [] });
}
