import { inspect } from "node:util";

/** What the native side hands out: one set, and when it ends. */
export interface NativeSet {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  accountId?: string | undefined;
  expiration: number;
  kind: string;
}

/**
 * AWS credentials, as the SDK takes them.
 *
 * All of it are accessors of the prototype: they are read by name, and neither `{...identity}` nor `structuredClone`
 * copies them. `JSON.stringify` and `console.log` show no secret.
 */
export interface VaultIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** The AWS account, which account-based endpoints need. */
  readonly accountId?: string;
  /** The true end of the set, but at most 120 s ahead for a kind that can be revoked. */
  readonly expiration: Date;
}

// Which of AWS's features a set came by, as the SDK's user agent tells it.
const SOURCES: Record<string, Readonly<Record<string, string>>> = {
  assumed_role: { CREDENTIALS_STS_ASSUME_ROLE: "i" },
  federation_token: { CREDENTIALS_STS_FEDERATION_TOKEN: "l" },
  session_token: { CREDENTIALS_STS_SESSION_TOKEN: "m" },
};
const OTHER_SOURCE: Readonly<Record<string, string>> = { CREDENTIALS_CODE: "e" };

/** A new object for each caller: the SDK writes into what it is handed. */
export class Identity implements VaultIdentity {
  readonly #set: NativeSet;
  // Made for whoever looks at them: they cost more than all the rest.
  #expiration: Date | undefined;
  #source: Record<string, string> | undefined;

  constructor(set: NativeSet) {
    this.#set = set;
  }

  get accessKeyId(): string {
    return this.#set.accessKeyId;
  }

  get secretAccessKey(): string {
    return this.#set.secretAccessKey;
  }

  // The SDK tells a set without a session token by its absence; undefined is what it reads then.
  get sessionToken(): string {
    return this.#set.sessionToken as string;
  }

  // Undefined, too, is what the SDK reads of a set without an account.
  get accountId(): string {
    return this.#set.accountId as string;
  }

  get expiration(): Date {
    this.#expiration ??= new Date(this.#set.expiration);
    return this.#expiration;
  }

  set expiration(expiration: Date) {
    this.#expiration = expiration;
  }

  get $source(): Record<string, string> {
    this.#source ??= { ...(SOURCES[this.#set.kind] ?? OTHER_SOURCE) };
    return this.#source;
  }

  set $source(source: Record<string, string>) {
    this.#source = source;
  }

  toJSON(): object {
    return { accessKeyId: this.accessKeyId, accountId: this.accountId, expiration: this.expiration };
  }
}

// Set here: the compiler writes no declaration of a computed name.
Object.defineProperty(Identity.prototype, inspect.custom, { value: Identity.prototype.toJSON });
