export { LeasekeyError } from "./errors.ts";
export type { Listened, Listener, VaultEvent } from "./events.ts";
export { healing } from "./healing.ts";
export type { VaultIdentity } from "./identity.ts";
export type { Duration, FromVaultInit, Logger } from "./options.ts";
export { fromVault } from "./provider.ts";
export type { IdentityProperties, Lease, Phase, Stats, VaultCredentials } from "./provider.ts";
export type { ErrorCode, EventName, Kind } from "./schema.ts";
export type { CallOptions } from "./state.ts";
