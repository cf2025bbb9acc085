// Made of the library's tables: UPDATE=1 cargo test -p leasekey-node --test schema
import type { Duration } from "./options.ts";

/** The settings of Leasekey. Left out, they come from the environment or a settings file. */
export interface Settings {
  /** Where Vault or OpenBao answers; the nodes of one cluster are separated by commas. Variables: `LEASEKEY_ADDRS`, `BAO_AGENT_ADDR`, `VAULT_AGENT_ADDR`, `BAO_ADDR`, `VAULT_ADDR`. */
  address?: string | readonly string[];
  /** Allow plain http to hosts other than this one: whoever is on the way can read the credentials. Default: `false`. Variables: `LEASEKEY_ALLOW_HTTP`. */
  allowHttp?: boolean;
  /** The namespace of Vault or OpenBao. Variables: `BAO_NAMESPACE`, `VAULT_NAMESPACE`. */
  namespace?: string;
  /** The role of the AWS secrets engine that credentials are leased from. Variables: `LEASEKEY_ROLE`. */
  role?: string;
  /** The mount of the AWS secrets engine. Default: `aws`. Variables: `LEASEKEY_MOUNT`. */
  mount?: string;
  /** The kind of credentials that the role must give; another kind is refused, and unset it is learnt. Variables: `LEASEKEY_KIND`. */
  kind?: "assumed_role" | "federation_token" | "iam_user" | "session_token" | "static" | "assumed-role" | "federation-token" | "iam-user" | "session-token";
  /** How long each lease is asked to live; unset, the role decides. Variables: `LEASEKEY_TTL`. */
  ttl?: Duration;
  /** The AWS role to assume, where Vault's role allows several. Variables: `LEASEKEY_ROLE_ARN`. */
  roleArn?: string;
  /** The AWS session name; unset, Vault's own, which carries who logged in. Variables: `LEASEKEY_SESSION_NAME`. */
  sessionName?: string;
  /** The longest life that the key of an IAM user may have; one that Vault leases for longer is given back. Default: `12h`. Variables: `LEASEKEY_MAX_LEASE`. */
  maxLease?: Duration;
  /** The age from which the key of an IAM user is replaced, not renewed. Default: `24h`. Variables: `LEASEKEY_MAX_AGE`. */
  maxAge?: Duration;
  /** How to log in, `approle` or `token`; unset, the first that is configured. Variables: `LEASEKEY_AUTH`. */
  auth?: "approle" | "token";
  /** The mount of the auth method; unset, the method's own name. Variables: `LEASEKEY_AUTH_MOUNT`. */
  authMount?: string;
  /** The role id of the AppRole login. Variables: `LEASEKEY_ROLE_ID`. */
  roleId?: string;
  /** The secret id of the AppRole login. Variables: `LEASEKEY_SECRET_ID`. */
  secretId?: string;
  /** A file with the secret id, read at every login. Variables: `LEASEKEY_SECRET_ID_FILE`. */
  secretIdFile?: string;
  /** The secret id given is a response-wrapping token that holds the real one. Default: `false`. Variables: `LEASEKEY_SECRET_ID_WRAPPED`. */
  secretIdWrapped?: boolean;
  /** The Vault token. Variables: `BAO_TOKEN`, `VAULT_TOKEN`. */
  token?: string;
  /** The file with the Vault token. Default: `~/.vault-token`. Variables: `BAO_TOKEN_PATH`, `VAULT_TOKEN_PATH`. */
  tokenPath?: string;
  /** Allow a token with the root policy, which nothing bounds. Default: `false`. Variables: `LEASEKEY_ALLOW_ROOT_TOKEN`. */
  allowRootToken?: boolean;
  /** The second factor of a login, `method[:code]`. Variables: `BAO_MFA`, `VAULT_MFA`. */
  mfa?: string;
  /** A PEM file of the CAs that Vault's certificate is verified against, instead of the platform's. Variables: `BAO_CACERT`, `VAULT_CACERT`. */
  caCert?: string;
  /** The same CAs as text; wins over the file. Variables: `BAO_CACERT_BYTES`, `VAULT_CACERT_BYTES`. */
  caCertBytes?: string;
  /** A directory whose files are PEM files of CAs; read where neither of the two above is set. Variables: `BAO_CAPATH`, `VAULT_CAPATH`. */
  caPath?: string;
  /** A PEM file of the certificate that is shown to Vault. Variables: `BAO_CLIENT_CERT`, `VAULT_CLIENT_CERT`. */
  clientCert?: string;
  /** The same certificate as text; wins over the file. Variables: `BAO_CLIENT_CERT_BYTES`, `VAULT_CLIENT_CERT_BYTES`. */
  clientCertBytes?: string;
  /** A PEM file of that certificate's private key. Variables: `BAO_CLIENT_KEY`, `VAULT_CLIENT_KEY`. */
  clientKey?: string;
  /** The same key as text; wins over the file. Variables: `BAO_CLIENT_KEY_BYTES`, `VAULT_CLIENT_KEY_BYTES`. */
  clientKeyBytes?: string;
  /** The DNS name that Vault is asked for in TLS and that its certificate must have; unset, the address's host. Variables: `BAO_TLS_SERVER_NAME`, `VAULT_TLS_SERVER_NAME`. */
  tlsServerName?: string;
  /** Do not verify Vault's certificate: anybody can answer as Vault. Warns at every start and every login. Default: `false`. Variables: `BAO_SKIP_VERIFY`, `VAULT_SKIP_VERIFY`. */
  skipVerify?: boolean;
  /** How long one attempt may take, from the first packet to the last byte, all nodes that it asks together. Default: `10s`. Variables: `BAO_CLIENT_TIMEOUT`, `VAULT_CLIENT_TIMEOUT`. */
  clientTimeout?: Duration;
  /** How many further nodes an attempt may ask after the first one fails. Default: `2`. Variables: `BAO_MAX_RETRIES`, `VAULT_MAX_RETRIES`. */
  maxRetries?: number;
  /** How many requests a second may be sent, `rate[:burst]`. Variables: `BAO_RATE_LIMIT`, `VAULT_RATE_LIMIT`. */
  rateLimit?: string;
  /** The proxy for requests to Vault; HTTP_PROXY and its like are never read. Variables: `BAO_PROXY_ADDR`, `VAULT_PROXY_ADDR`, `BAO_HTTP_PROXY`, `VAULT_HTTP_PROXY`. */
  proxy?: string;
  /** Refuse redirects, those within the configured addresses too. Default: `false`. Variables: `BAO_DISABLE_REDIRECTS`, `VAULT_DISABLE_REDIRECTS`. */
  disableRedirects?: boolean;
  /** Find the nodes by SRV records: refused when on, because they are not read; list the nodes in `address`. Default: `false`. Variables: `BAO_SRV_LOOKUP`, `VAULT_SRV_LOOKUP`. */
  srvLookup?: boolean;
  /** Read and checked only: Leasekey has no reply wrapped. Variables: `BAO_WRAP_TTL`, `VAULT_WRAP_TTL`. */
  wrapTtl?: Duration;
  /** The AWS account that every set must belong to; AWS is asked before a set is served. Variables: `LEASEKEY_EXPECTED_ACCOUNT`. */
  expectedAccount?: string;
  /** The AWS role that every set must belong to; AWS is asked before a set is served. Variables: `LEASEKEY_EXPECTED_ROLE_ARN`. */
  expectedRoleArn?: string;
  /** The AWS Region whose STS is asked. Variables: `AWS_REGION`, `AWS_DEFAULT_REGION`. */
  region?: string;
  /** Another endpoint for AWS STS. Variables: `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`. */
  stsEndpoint?: string;
  /** The settings file; unset, the files of their usual places are read. Variables: `LEASEKEY_CONFIG`. */
  config?: string;
}

/** How a setting's value is read. */
export type Form = "address" | "boolean" | "duration" | "integer" | "text";

/** What is allowed where. */
export const ALLOWED: Record<Form, string> = {
  address: "an address such as https://vault:8200",
  boolean: "true or false",
  duration: "a duration with its unit, such as \"15m\", or milliseconds, such as 900000",
  integer: "a whole number from 0",
  text: "any text",
};

/** Each setting's keyword in the library, and how it is read. */
export const SETTINGS: Record<keyof Settings, { keyword: string; form: Form }> = {
  address: { keyword: "address", form: "address" },
  allowHttp: { keyword: "allow_http", form: "boolean" },
  namespace: { keyword: "namespace", form: "text" },
  role: { keyword: "role", form: "text" },
  mount: { keyword: "mount", form: "text" },
  kind: { keyword: "kind", form: "text" },
  ttl: { keyword: "ttl", form: "duration" },
  roleArn: { keyword: "role_arn", form: "text" },
  sessionName: { keyword: "session_name", form: "text" },
  maxLease: { keyword: "max_lease", form: "duration" },
  maxAge: { keyword: "max_age", form: "duration" },
  auth: { keyword: "auth", form: "text" },
  authMount: { keyword: "auth_mount", form: "text" },
  roleId: { keyword: "role_id", form: "text" },
  secretId: { keyword: "secret_id", form: "text" },
  secretIdFile: { keyword: "secret_id_file", form: "text" },
  secretIdWrapped: { keyword: "secret_id_wrapped", form: "boolean" },
  token: { keyword: "token", form: "text" },
  tokenPath: { keyword: "token_path", form: "text" },
  allowRootToken: { keyword: "allow_root_token", form: "boolean" },
  mfa: { keyword: "mfa", form: "text" },
  caCert: { keyword: "ca_cert", form: "text" },
  caCertBytes: { keyword: "ca_cert_bytes", form: "text" },
  caPath: { keyword: "ca_path", form: "text" },
  clientCert: { keyword: "client_cert", form: "text" },
  clientCertBytes: { keyword: "client_cert_bytes", form: "text" },
  clientKey: { keyword: "client_key", form: "text" },
  clientKeyBytes: { keyword: "client_key_bytes", form: "text" },
  tlsServerName: { keyword: "tls_server_name", form: "text" },
  skipVerify: { keyword: "skip_verify", form: "boolean" },
  clientTimeout: { keyword: "client_timeout", form: "duration" },
  maxRetries: { keyword: "max_retries", form: "integer" },
  rateLimit: { keyword: "rate_limit", form: "text" },
  proxy: { keyword: "proxy", form: "address" },
  disableRedirects: { keyword: "disable_redirects", form: "boolean" },
  srvLookup: { keyword: "srv_lookup", form: "boolean" },
  wrapTtl: { keyword: "wrap_ttl", form: "duration" },
  expectedAccount: { keyword: "expected_account", form: "text" },
  expectedRoleArn: { keyword: "expected_role_arn", form: "text" },
  region: { keyword: "region", form: "text" },
  stsEndpoint: { keyword: "sts_endpoint", form: "address" },
  config: { keyword: "config", form: "text" },
};

/** The kinds of credentials that Vault's AWS engine hands out. */
export type Kind = "assumed_role" | "federation_token" | "iam_user" | "session_token" | "static";

/** The events of a lease and its login. */
export type EventName =
  /** The provider was closed. */
  | "credentials.closed"
  /** Two refreshes in a row failed, or refreshes fail for 30 s; the set in hand serves. */
  | "credentials.degraded"
  /** The refresh was refused; only a person can mend it. The set in hand serves until its end. */
  | "credentials.denied"
  /** The set in hand is dead and no new one could be had. */
  | "credentials.expired"
  /** AWS refused the set in hand as if it were dead; a new one is asked for at once. */
  | "credentials.healed"
  /** Vault issued a set and it serves from now on. */
  | "credentials.issued"
  /** All is well again. */
  | "credentials.recovered"
  /** An attempt to get a new set failed; the set in hand serves. */
  | "credentials.refresh_failed"
  /** The lease in hand was renewed. */
  | "credentials.renewed"
  /** A lease was given back. */
  | "credentials.revoked"
  /** A new set serves in place of the one before. */
  | "credentials.swapped"
  /** Refreshes fail and little remains of the set in hand. */
  | "credentials.urgent"
  /** Vault stated a longer life than the configured maximum; it was clamped. */
  | "lease.too_long"
  /** Vault stated a life of less than 60 s. */
  | "lease.too_short"
  /** Somebody may be attacking: a used wrapping token, a refused redirect, a wrong identity, a bad certificate. */
  | "security.alert"
  /** A login succeeded. */
  | "vault.logged_in"
  /** A login or a renewal of the token failed. */
  | "vault.login_failed"
  /** A node of several failed, and the next one is asked. */
  | "vault.node_failed"
  /** A reply was lost: Vault may hold a lease that nobody knows. */
  | "vault.reply_lost"
  /** The token was renewed. */
  | "vault.token_renewed"
  /** Our own token was revoked, and with it every lease made under it. */
  | "vault.token_revoked"
  /** The login went to a server that was not verified, because VAULT_SKIP_VERIFY is on: anybody can answer. */
  | "vault.unverified"
  /** Vault's reply carried a warning. */
  | "vault.warning"
  ;

export const EVENTS: readonly EventName[] = [
  "credentials.closed",
  "credentials.degraded",
  "credentials.denied",
  "credentials.expired",
  "credentials.healed",
  "credentials.issued",
  "credentials.recovered",
  "credentials.refresh_failed",
  "credentials.renewed",
  "credentials.revoked",
  "credentials.swapped",
  "credentials.urgent",
  "lease.too_long",
  "lease.too_short",
  "security.alert",
  "vault.logged_in",
  "vault.login_failed",
  "vault.node_failed",
  "vault.reply_lost",
  "vault.token_renewed",
  "vault.token_revoked",
  "vault.unverified",
  "vault.warning",
];

/** The codes of errors; `npx leasekey explain` tells of each. */
export type ErrorCode = "LK-0101" | "LK-0102" | "LK-0103" | "LK-0104" | "LK-0105" | "LK-0106" | "LK-0107" | "LK-0108" | "LK-0109" | "LK-0110" | "LK-0111" | "LK-0112" | "LK-0113" | "LK-0114" | "LK-0115" | "LK-0116" | "LK-0117" | "LK-0118" | "LK-0119" | "LK-0120" | "LK-0121" | "LK-0122" | "LK-0123" | "LK-0124" | "LK-0125" | "LK-0199" | "LK-0201" | "LK-0202";
