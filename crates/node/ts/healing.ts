import { invalidSetting } from "./errors.ts";
import { REFUSED, type Refused, type VaultCredentials } from "./provider.ts";

/** What a client of the AWS SDK v3 has. */
export interface Client {
  // The SDK's own type names commands of all kinds, and a package that is no dependency of this one.
  middlewareStack: { add(middleware: any, options: any): void };
}

type Handler = (args: { input?: unknown; request?: unknown }) => Promise<unknown>;

/**
 * Heals the calls of one client: when AWS refuses a key as if it were dead, a new set is asked for at once, at most once
 * per set, and the call is made once more with it, unless its body is a stream, which cannot be sent again.
 *
 * `AccessDenied` never heals. If AWS refuses the new set in the same Region in the same way, healing stops there.
 *
 * @returns the client.
 */
export function healing<C extends Client>(client: C, vault: VaultCredentials): C {
  const refused = (vault as { [REFUSED]?: Refused })[REFUSED];
  if (refused === undefined) {
    throw invalidSetting("healing was given something else than a provider", "Pass what fromVault returned");
  }
  // What the calls that are under way were signed with.
  const signed = new WeakMap<object, string>();
  const heal = (next: Handler, context: object) => async (args: { input?: unknown }) => {
    try {
      return await next(args);
    } catch (error) {
      const authorization = signed.get(context);
      if (authorization === undefined || hasStream(args.input) || !refused(authorization, code(error))) {
        throw error;
      }
      // From the beginning: the SDK chooses the set before it serializes the call.
      return await next(args);
    }
  };
  const look = (next: Handler, context: object) => async (args: { request?: unknown }) => {
    const { authorization } = (args.request as { headers?: Record<string, string> } | undefined)?.headers ?? {};
    if (authorization !== undefined) {
      signed.set(context, authorization);
    }
    return next(args);
  };
  const tags = ["LEASEKEY"];
  client.middlewareStack.add(heal, { step: "initialize", priority: "low", name: "leasekeyHeal", tags, override: true });
  // Below the signing, and above nothing that changes the signature.
  client.middlewareStack.add(look, { step: "finalizeRequest", priority: "low", name: "leasekeyLook", tags, override: true });
  return client;
}

function code(error: unknown): string {
  const name = (error as { name?: unknown } | null)?.name;
  return typeof name === "string" ? name : "";
}

function hasStream(input: unknown): boolean {
  return Object.values(input ?? {}).some((value) => {
    const body = value as { pipe?: unknown; getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null;
    const isObject = typeof body === "object" && body !== null;
    return isObject && (Symbol.asyncIterator in body || "getReader" in body || "pipe" in body);
  });
}
