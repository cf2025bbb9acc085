import { inJavaScript } from "./names.ts";
import type { ErrorCode } from "./schema.ts";

/** What the native side tells of an error. */
export interface NativeFailure {
  code: ErrorCode;
  message: string;
  hint: string;
  vaultRequestId?: string | undefined;
  retryable: boolean;
  causes: string[];
}

const BRAND = Symbol.for("leasekey.LeasekeyError");

/**
 * An error of Leasekey. Its message is one line: code, what happened, where and why, and what to do next. It never holds
 * a secret.
 *
 * `instanceof` holds for errors of every copy of the package in the process, that of `import` and that of `require`.
 */
export class LeasekeyError extends Error {
  /** The stable code, `"LK-0109"`; `npx leasekey explain LK-0109` says more. */
  readonly code: ErrorCode;
  /** What to do next. */
  readonly hint: string;
  /** The `request_id` of Vault's reply, which is `request.id` in its audit log. */
  readonly vaultRequestId: string | undefined;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
  /** A credential chain goes on to its next provider only where Vault is not configured. */
  readonly tryNextLink: boolean;

  constructor(failure: NativeFailure) {
    super(`${failure.code}: ${failure.message}. ${failure.hint}`, { cause: chain(failure.causes) });
    this.code = failure.code;
    this.hint = failure.hint;
    this.vaultRequestId = failure.vaultRequestId;
    this.retryable = failure.retryable;
    this.tryNextLink = failure.code === "LK-0101";
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const isOurs = typeof value === "object" && value !== null && BRAND in value;
    return isOurs && (this === LeasekeyError || Function.prototype[Symbol.hasInstance].call(this, value));
  }
}

// The name by which the SDK knows the errors of credential providers.
Object.defineProperty(LeasekeyError.prototype, "name", { value: "CredentialsProviderError", writable: true });
Object.defineProperty(LeasekeyError.prototype, BRAND, { value: true });

function chain(causes: string[]): Error | undefined {
  return causes.reduceRight<Error | undefined>((cause, text) => new Error(text, { cause }), undefined);
}

/** What `call` returns; what the native side throws becomes a {@link LeasekeyError}. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw told(error);
  }
}

function told(error: unknown): unknown {
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === "string" && message.startsWith("{") ? failed(message) : error;
}

/** The error of a failure that the native side tells as JSON. */
export function failed(json: string): LeasekeyError {
  const failure = JSON.parse(json) as NativeFailure;
  return new LeasekeyError({
    ...failure,
    message: inJavaScript(failure.message),
    hint: inJavaScript(failure.hint),
    vaultRequestId: failure.vaultRequestId ?? undefined,
  });
}

/** A setting that cannot be, found before the native side reads it. */
export function invalidSetting(message: string, hint: string): LeasekeyError {
  return new LeasekeyError({ code: "LK-0116", message, hint, retryable: false, causes: [] });
}
