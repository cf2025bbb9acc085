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
 * The three parts of the key are accessors of the prototype: they are read by name, and neither `{...identity}` nor
 * `JSON.stringify`, `structuredClone` or `console.log` copies or shows them.
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
  accountId?: string;
  expiration: Date;
  $source: Record<string, string>;

  constructor(set: NativeSet) {
    this.#set = set;
    this.expiration = new Date(set.expiration);
    this.$source = { ...(SOURCES[set.kind] ?? OTHER_SOURCE) };
    if (set.accountId !== undefined) {
      this.accountId = set.accountId;
    }
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

  toJSON(): object {
    return { accessKeyId: this.accessKeyId, accountId: this.accountId, expiration: this.expiration };
  }
}

// Set here: the compiler writes no declaration of a computed name.
Object.defineProperty(Identity.prototype, inspect.custom, { value: Identity.prototype.toJSON });
